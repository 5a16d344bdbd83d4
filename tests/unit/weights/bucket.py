"""Buckets of a real server of S3, SeaweedFS, which holds every signature against its own reckoning."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.session import Session

KEY, SECRET = "AKIAFLEET", "a/secret+that=nobody.knows"
_WEED = Path(sys.executable).with_name("weed")
#: What listens; without a port of its own for each, two servers would be in each other's way.
_PORTS = [f"{part}.port{kind}" for part in ("master", "volume", "filer", "s3") for kind in ("", ".grpc")]
_OFF = "-s3.port.iceberg=0 -s3.port.lance=0 -s3.iam=false -master.telemetry=false".split()


class Buckets:
    """The buckets of a server at ``port`` of loopback; whoever has :data:`KEY` and :data:`SECRET` may all."""

    def __init__(self, port: int) -> None:
        self.port = port

    def put(self, bucket: str, files: Mapping[str, bytes]) -> None:
        """Have ``files`` in ``bucket``, by their keys."""
        client = self._client()
        if bucket not in [known["Name"] for known in client.list_buckets()["Buckets"]]:
            client.create_bucket(Bucket=bucket)
        for key, content in files.items():
            client.put_object(Bucket=bucket, Key=key, Body=content)

    def open(self, bucket: str) -> None:
        """Let everybody read ``bucket``."""
        allowed = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
        }
        policy = {"Version": "2012-10-17", "Statement": [allowed]}
        self._client().put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    def _client(self) -> Any:
        session = Session()
        session.set_credentials(KEY, SECRET)
        config = Config(signature_version="s3v4", s3={"addressing_style": "path"})
        url = f"http://127.0.0.1:{self.port}"
        return session.create_client("s3", region_name="us-east-1", endpoint_url=url, config=config)


@contextmanager
def buckets(folder: Path) -> Iterator[Buckets]:
    """Have a server keep buckets in ``folder`` until the block ends."""
    who = {"name": "fleet", "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [who]}))
    ports = dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True))
    command = [
        str(_WEED),
        "server",
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-s3",
        f"-s3.config={folder}/s3.json",
        *_OFF,
    ]
    command += [
        "-master.volumeSizeLimitMB=64",
        "-volume.max=100",
        *(f"-{name}={port}" for name, port in ports.items()),
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            _wait(f"http://127.0.0.1:{ports['s3.port']}/", server, folder / "log")
            yield Buckets(ports["s3.port"])
        finally:
            server.kill()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while True:
        assert time.monotonic() < end and server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=5)
        except urllib.error.HTTPError:
            return  # it wants a signature
        except OSError:
            time.sleep(0.1)
        else:
            return
