"""An authority and its certificates, as a fleet has them."""

from __future__ import annotations

import subprocess
from pathlib import Path


class Authority:
    """An authority in ``folder``; ``ca`` is its certificate."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = folder / "ca.pem"
        self._openssl("req", "-x509", *_KEY, "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem")

    def certificate(self, name: str) -> Path:
        """Make a certificate for ``name``; it and its key, in one file."""
        self._openssl("req", *_KEY, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        (self.folder / "names").write_text(f"subjectAltName=DNS:{name}\n")
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names")
        self._openssl("x509", "-req", "-in", f"{name}.csr", *signed, "-out", f"{name}.crt")
        both = self.folder / f"{name}.pem"
        both.write_text("".join((self.folder / f"{name}.{kind}").read_text() for kind in ("crt", "key")))
        return both

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)


_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
