#!/usr/bin/python3 -IS
"""Ask CUDA whether it sees a card, as whoever calls this would: exit 0, or 1 with one line that says why not.

Frameworks fall back to the CPU without a word where it does not. The calls are those that every framework
begins with (CUDA Driver API: cuInit, cuDeviceGetCount); no context is made, so no memory of a card is taken.
"""

import ctypes
import os
import sys

_LIBRARY = "libcuda.so.1"
#: CUresult -> what an operator does about it.
_CURES = {
    3: "is the driver loaded? dmesg says what it met",
    100: "is the driver loaded? nvidia-smi and dmesg say what it met; CUDA_VISIBLE_DEVICES may hide the card",
    101: "CUDA_VISIBLE_DEVICES names a card that is not there: nvidia-smi -L lists them",
    802: "a fabric manager has to run on this machine: systemctl status nvidia-fabricmanager",
    803: "the driver was upgraded under the running kernel module: reboot this machine",
    804: "the driver was upgraded under the running kernel module: reboot this machine",
    999: "nvidia-smi and dmesg say what the driver met; /dev/nvidia-uvm may be missing",
}


def why_not(library: str = _LIBRARY) -> "str | None":
    """Say why CUDA cannot compute here, in one line, or None where it can."""
    try:
        cuda = ctypes.CDLL(library)
    except OSError as error:
        return (
            f"the driver's library {library} cannot be loaded: {error} (the class nvidia brings the driver)"
        )
    code = cuda.cuInit(0)
    count = ctypes.c_int(0)
    if not code:
        code = cuda.cuDeviceGetCount(ctypes.byref(count))
    if code:
        cure = f" ({_CURES[code]})" if code in _CURES else ""
        return f"CUDA says {_name(cuda, code)}{cure}"
    if not count.value:
        return f"CUDA sees no card ({_CURES[100]})"
    return None


def _name(cuda: ctypes.CDLL, code: int) -> str:
    """Name an error as CUDA does."""
    text = ctypes.c_char_p()
    if cuda.cuGetErrorString(code, ctypes.byref(text)) or not text.value:
        return f"error {code}"
    return f"error {code}, {text.value.decode(errors='replace')}"


def main() -> int:
    """Say why there is no going on, where there is none."""
    said = why_not()
    if said is None:
        return 0
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    seen = "" if visible is None else f"; CUDA_VISIBLE_DEVICES is {visible!r}"
    print(f"not started without a GPU: {said}{seen}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
