"""What unit tests share: Ruby, to ask Puppet itself, and a file of YAML."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

#: Debian's Puppet lives beside Debian's Ruby, whatever else PATH offers.
RUBY = "/usr/bin/ruby"


@pytest.fixture(scope="session")
def ruby() -> Callable[[str, Any], Any]:
    """Return a function that runs a Ruby script: ``input`` and what it puts in ``output`` cross as JSON."""
    program = RUBY if shutil.which(RUBY) else shutil.which("ruby")
    probe = [program or RUBY, "-rpuppet", "-e", ""]
    if not program or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("Puppet's Ruby library is not on this machine; installing it (`make setup`) takes root")

    def run(script: str, data: Any) -> Any:
        whole = f"require 'json'\ninput = JSON.parse($stdin.read)\n{script}\nputs JSON.generate(output)"
        done = subprocess.run(
            [program, "-e", whole],
            input=json.dumps(data),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture
def write_yaml(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Return a function that writes a file of YAML, and returns its path."""

    def writer(content: str | bytes) -> Path:
        path = tmp_path / "x.yaml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return writer
