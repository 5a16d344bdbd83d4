"""Buckets of S3 as sources: each of their files has an address that is signed, and good for a while."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

from weights import presign
from weights.errors import WeightsError
from weights.source import Source

#: Seconds that an address is good for; what takes longer is signed anew.
SIGNED_FOR = 6 * 3600
#: Seconds for signing: without credentials, the client asks the network for those of the machine.
_PATIENCE = 60
#: In what aria2 says where a signature is wrong, or has expired: S3 makes no difference between them.
_REFUSED = "status=403"


def sign(source: Source, paths: Iterable[str]) -> Source:
    """Have the address of each of ``paths`` in a bucket signed; what is no bucket needs none.

    Raises WeightsError where that cannot be: the client or the credentials are missing, or wrong.
    """
    if source.access is None:
        return source
    endpoint, region, credentials = source.access
    bucket, _, prefix = source.base[len("s3://") :].partition("/")
    keys = {path: f"{prefix}/{path}" for path in paths}
    told = {"bucket": bucket, "keys": list(keys.values()), "endpoint": endpoint, "region": region}
    addresses = _signed({**told, "seconds": SIGNED_FOR}, credentials)
    return source._replace(addresses=dict(zip(keys, addresses)))


def is_refused(source: Source, said: str | None) -> bool:
    """Say whether a bucket was asked in vain, by a signature that may have been good before."""
    return source.access is not None and said is not None and _REFUSED in said


def explain(source: Source, said: str) -> str:
    """Add to what aria2 says of a bucket what that may mean there."""
    if not is_refused(source, said):
        return said
    return f"{said} (its credentials are wrong or may not read it, it has no such file, or a clock is wrong)"


def _signed(told: dict[str, Any], credentials: str | None) -> list[str]:
    """Have the program `presign` sign; it sees the system's packages, which this one does not."""
    environment = dict(os.environ)
    if credentials:
        _refuse_unreadable(credentials)
        environment["AWS_SHARED_CREDENTIALS_FILE"] = credentials
    try:
        child = subprocess.run(
            [sys.executable, "-I", presign.__file__],
            input=json.dumps(told),
            capture_output=True,
            text=True,
            env=environment,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise WeightsError(f"its addresses were not signed within {_PATIENCE} s") from None
    if child.returncode:
        why = (child.stderr.strip().splitlines() or ["killed"])[-1]
        raise WeightsError(f"its addresses cannot be signed: {why}")
    addresses: list[str] = json.loads(child.stdout)
    return addresses


def _refuse_unreadable(credentials: str) -> None:
    """Raise WeightsError where the client would say nothing, and go on without them."""
    try:
        open(credentials, "rb").close()
    except OSError as error:
        raise WeightsError(f"{credentials}: {error.strerror} (a Puppet run puts it back)") from None
