"""Puppet Server, which keeps the code that it has read until it is told to forget it."""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from pathlib import Path

from code_deploy.errors import DeployError
from code_deploy.programs import step
from code_deploy.settings import Settings

#: Seconds for an answer: a server that compiles for everybody answers late.
LIMIT = 60
#: Stays from before the new code serves until the server has forgotten the old, whatever is killed between.
_OWED = "cache-not-flushed"


def owe(settings: Settings) -> None:
    """Remember, through a power cut too, that the server has to be told."""
    (settings.state / _OWED).touch()


def owed(settings: Settings) -> bool:
    """Whether the server still has to be told."""
    return (settings.state / _OWED).exists()


def flush(settings: Settings) -> None:
    """Have the server read all code anew: https://www.puppet.com/docs/puppet/8/server/admin-api/v1/environment-cache.

    Raises:
        DeployError: it does not answer, or refuses.
    """
    request = urllib.request.Request(settings.cache_url, method="DELETE")
    # a proxy of this machine's is for the world outside
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=_identity(settings.credentials))
    )
    try:
        with step("flush the server's cache of environments"), opener.open(request, timeout=LIMIT):
            pass
    except urllib.error.HTTPError as error:
        why = f"answers {error.code}"
    except urllib.error.URLError as error:
        why = str(getattr(error.reason, "strerror", None) or error.reason)
    except (OSError, http.client.HTTPException) as error:
        why = str(error) or type(error).__name__
    else:
        (settings.state / _OWED).unlink(missing_ok=True)
        return
    raise DeployError(
        f"{settings.cache_url}: {why}; the new code is in place, but the server may go on with the old "
        "(the next deploy tells it again)"
    )


def _identity(folder: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(folder / "ca.crt") if folder else None)
    if folder:
        context.load_cert_chain(folder / "server.crt", folder / "server.key")
    return context
