#!/usr/bin/python3
"""Decide about a certificate request: 0 signs it, 1 does not.

Puppet Server calls this with the certname as its argument and the request (PEM) on standard input.
The request's challengePassword is ``1.<expiry>.<nonce>.<mac>``: expiry in seconds since 1970, and an
HMAC-SHA256 in hex over the fields of :func:`signed_text`. So a token is good for one certname in one
role and environment, until it expires, once.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import sys
import syslog
import time
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import AttributeOID, NameOID

KEY = Path("/etc/puppet/autosign.key")
USED = Path("/var/lib/puppetserver/autosign")
PP_ROLE = "1.3.6.1.4.1.34380.1.1.13"
PP_ENVIRONMENT = "1.3.6.1.4.1.34380.1.1.12"
TOKEN = re.compile(r"1\.(?P<expiry>[0-9]{1,12})\.(?P<nonce>[0-9a-f]{32})\.(?P<mac>[0-9a-f]{64})")


class RefusedError(Exception):
    """Why a request is not signed."""


def signed_text(certname: str, role: str, environment: str, expiry: int, nonce: str) -> bytes:
    """Join what a token vouches for. No field can hold the separator, so no two requests read alike."""
    return "\n".join(["1", certname, role, environment, str(expiry), nonce]).encode()


def utf8_string(der: bytes) -> str:
    """Read a DER UTF8String of less than 128 bytes, which is how Puppet writes an extension."""
    if len(der) < 2 or der[0] != 0x0C or der[1] != len(der) - 2 or der[1] > 127:
        raise RefusedError("an extension is no short UTF8String")
    return der[2:].decode()


def extensions(request: x509.CertificateSigningRequest) -> dict[str, str]:
    """Read the extension requests, by OID; only the role and the environment may be asked for."""
    asked = {}
    for extension in request.extensions:
        oid = extension.oid.dotted_string
        if oid not in (PP_ROLE, PP_ENVIRONMENT) or not isinstance(
            extension.value, x509.UnrecognizedExtension
        ):
            raise RefusedError(f"the extension {oid} may not be asked for")
        asked[oid] = utf8_string(extension.value.value)
    return asked


def check(certname: str, pem: bytes, key: bytes, now: float) -> str:
    """Return the nonce of the token that vouches for the request, or raise :class:`RefusedError`."""
    request = x509.load_pem_x509_csr(pem)
    if [name.value for name in request.subject] != [certname] or [name.oid for name in request.subject] != [
        NameOID.COMMON_NAME
    ]:
        raise RefusedError("the subject is not the certname")
    if not request.is_signature_valid:
        raise RefusedError("the request is not signed with its own key")
    asked = extensions(request)
    if set(asked) != {PP_ROLE, PP_ENVIRONMENT} or not all(
        re.fullmatch(r"[a-z][a-z0-9_]*", value) for value in asked.values()
    ):
        raise RefusedError("pp_role and pp_environment have to be asked for, both as plain names")
    try:
        password = request.attributes.get_attribute_for_oid(AttributeOID.CHALLENGE_PASSWORD).value
    except x509.AttributeNotFound:
        raise RefusedError("there is no token (challengePassword)") from None
    token = TOKEN.fullmatch(password.decode())
    if not token:
        raise RefusedError("the token is malformed")
    expiry, nonce = int(token["expiry"]), token["nonce"]
    text = signed_text(certname, asked[PP_ROLE], asked[PP_ENVIRONMENT], expiry, nonce)
    if not hmac.compare_digest(hmac.new(key, text, hashlib.sha256).hexdigest(), token["mac"]):
        raise RefusedError("the token is not for this certname, role and environment")
    if expiry < now:
        raise RefusedError("the token has expired")
    return nonce


def spend(nonce: str, used: Path) -> None:
    """Remember that a token was used; of two that come at once, one is refused."""
    try:
        os.close(os.open(used / nonce, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise RefusedError("the token was used before") from None


def main(arguments: list[str], pem: bytes, key: Path = KEY, used: Path = USED) -> int:
    """Answer Puppet Server, and tell the journal why."""
    certname = arguments[0] if len(arguments) == 1 else ""
    syslog.openlog("puppet-autosign")
    try:
        secret = key.read_text().strip().encode()
        if len(secret) < 32:
            raise RefusedError(f"{key} holds no key")
        spend(check(certname, pem, secret, time.time()), used)
    except RefusedError as error:
        why = str(error)
    except Exception as error:  # whatever a hostile request makes the parser raise is a no
        why = f"{type(error).__name__}: {error}"
    else:
        syslog.syslog(f"{certname}: signed")
        return 0
    syslog.syslog(syslog.LOG_WARNING, f"{certname!r}: refused: {why}")
    print(f"{certname!r}: refused: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdin.buffer.read(64 * 1024)))
