"""Which classes a role might bring to its nodes, by the text of the manifests: no Puppet is asked."""

from __future__ import annotations

import re
from pathlib import Path

_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
#: What stands in quotes is a class only where something declares it there.
_QUOTED = re.compile(r"(\b(?:include|contain|require)\b[^\n]*|\bclass\s*\{\s*'[^'\n]*')|'[^'\n]*'")
_NAME = re.compile(r"[a-z]\w*(?:::[a-z]\w*)*", re.ASCII)
#: A class whose name is not in the text: of a variable, a text with one in it, or a function.
_COMPUTED = re.compile(
    r"""(?<![\w-])(?:include|contain|require)\b(?!-|\s*=>)\s*[^\n]*?[$"(\[]
    |\.\s*(?:include|contain|require)\b
    |\bclass\s*\{\s*[$"\[]
    |\b(?:create_resources|ensure_resources?)\b""",
    re.X,
)


def may_bring(root: Path, role: str, name: str) -> bool:
    """Whether the class ``name`` could be on the nodes of ``role``, in the repository at ``root``.

    False is certain. A class that is only named, or that is computed, could be.
    """
    first = f"role::{role}"
    seen, waiting = {first}, [first]
    while waiting:
        each = waiting.pop()
        text = _text(root, each)
        if (each == first and not text) or _COMPUTED.search(text):
            return True
        declared = _QUOTED.sub(lambda found: found[1] or "", text)
        named = set(_NAME.findall(declared)) - seen
        if name in named:
            return True
        seen |= named
        waiting += named
    return False


def _text(root: Path, name: str) -> str:
    """Read where Puppet looks for a class, a type or a function; empty where there is none."""
    module, *inside = name.split("::")
    places = ((folder, inside or [alone]) for folder, alone in (("manifests", "init"), ("functions", module)))
    paths = [Path(root, "modules", module, folder, *rest).with_suffix(".pp") for folder, rest in places]
    return "".join(_COMMENT.sub("", path.read_text(errors="replace")) for path in paths if path.is_file())
