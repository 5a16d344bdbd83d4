"""The other end of the socket: systemd starts it for each tree that is to be checked (code-check@.service).

It runs as an account of its own that can write nowhere but in a copy of that tree. First comes a line of
JSON: ``tree``, ``live``, ``most`` and ``nodes``, as code_deploy.checks takes them. It answers with a line for
each step, then one of JSON: ``error``, a text or null; and, where that is null, with a tar archive of what
the checks made.
"""

from __future__ import annotations

import json
import os
import sys
import tarfile
import tempfile
from pathlib import Path

from code_deploy.checks import check
from code_deploy.errors import DeployError
from code_deploy.files import copy_tree

#: What the checks make, at the top of the tree; and what Python compiles, in any folder of it.
MADE, COMPILED = frozenset({"build", ".resource_types"}), "__pycache__"


def main() -> int:
    """Answer the one question that standard input holds."""
    asked = json.loads(sys.stdin.readline())
    live = Path(asked["live"]) if asked["live"] else None
    with tempfile.TemporaryDirectory(prefix="code-check-") as folder:
        tree = Path(folder).resolve() / "tree"
        error = None
        try:
            copy_tree(Path(asked["tree"]), tree)
            check(tree, live, int(asked["most"]), str(asked["nodes"]))
        except (DeployError, OSError) as complaint:
            error = " ".join(str(complaint).split())
        print(json.dumps({"error": error}), flush=True)
        if error is None:
            _send(tree)
    return 0


def _send(tree: Path) -> None:
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as tar:
        for folder, folders, _ in os.walk(tree):
            made = {COMPILED} | (MADE if folder == str(tree) else set())
            for name in sorted(made.intersection(folders)):
                tar.add(Path(folder, name), str(Path(folder, name).relative_to(tree)))
            folders[:] = [name for name in folders if name not in made]
