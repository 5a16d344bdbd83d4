"""What tests of YAML share: unquoted values that readers of YAML take differently, and how a refusal reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generator.errors import InputError
from generator.yaml_source import load

AMBIGUOUS = (
    "yes no on off Yes NO On OFF tRUE nULL 0777 007 0_7 0x1F 0o17 0b11 1_000 1,000 1e3 1.5e3 .5 5. 3.10 "
    "1:30 190:20:30.15 .inf -.INF .NaN :symbol = << 12345678901234567890 9223372036854775808 1.0e+999 "
    "0.12345678901234567890 830e6 1__0 0.00001"
).split()


def refusal(path: Path, read: Callable[[Path], object] = load) -> str:
    """Return ``LINE:COLUMN: MESSAGE`` of the error that ``read`` has to raise."""
    with pytest.raises(InputError) as caught:
        read(path)
    return str(caught.value).removeprefix(f"{path}:")
