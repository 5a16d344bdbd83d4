"""Invitations: the one-time token by which a new node gets its certificate.

The other half is ``modules/profile/files/autosign.py``, which runs on the Puppet server.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime

from generator.errors import FleetError

NAME = re.compile(r"[a-z][a-z0-9_]*")
CERTNAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


def make_token(key: bytes, certname: str, role: str, environment: str, expires: datetime) -> str:
    """Invite ``certname`` to be a ``role`` in ``environment``, until ``expires`` (with a time zone), once.

    ``key`` is the content of the server's ``/etc/puppet/autosign.key``, without white space around it.
    """
    if not CERTNAME.fullmatch(certname):
        raise FleetError(f"certname {certname!r} is no host name in lower case")
    for what, value in (("role", role), ("environment", environment)):
        if not NAME.fullmatch(value):
            raise FleetError(f"{what} {value!r} is no plain name (lower-case letters, digits, underscores)")
    nonce = secrets.token_hex(16)
    expiry = int(expires.timestamp())
    text = "\n".join(["1", certname, role, environment, str(expiry), nonce]).encode()
    return f"1.{expiry}.{nonce}.{hmac.new(key, text, hashlib.sha256).hexdigest()}"


def csr_attributes(token: str, role: str, environment: str) -> dict[str, dict[str, str]]:
    """Give what goes into the new node's ``csr_attributes.yaml``, before its agent's first run."""
    return {
        "custom_attributes": {"challengePassword": token},
        "extension_requests": {"pp_role": role, "pp_environment": environment},
    }
