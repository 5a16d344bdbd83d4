"""What a change would do to each node, before it is merged: catalogues compiled at two commits, and compared.

Puppet's own compiler compiles them: a process for each core, many nodes in each, with the facts and the
certificate that the inventory knows (:mod:`generator.inventory`). The base is a commit, the head is the
working tree as it is. No key is needed: what eyaml encrypts has a placeholder in both
(:mod:`generator.diff.placeholders`).

octocatalog-diff, which Debian packages, does not serve here:

- it cannot say what a certificate says: it compiles by ``puppet catalog compile``, where
  ``trusted.extensions`` is empty, and the role and Hiera's levels come from nowhere else here;
- on Ruby 3 the packaged one (2.1.0) ends with an ArgumentError where a value that differs is an array or a
  hash, as in every bump;
- it starts Puppet anew for each node and commit, which takes longer than the compile (tests/bench/diff.py);
- it runs ``config_version``, reads eyaml only with its keys, and answers for one node at a time.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path

from generator.diff.catalogue import read_answer
from generator.diff.compare import compare
from generator.diff.compiler import compile_pairs
from generator.diff.report import Report, make_report
from generator.diff.trees import ENVIRONMENT, Base, export, lay_out, modules_differ, resolve, working_tree
from generator.diff.unencrypted import hide_unencrypted
from generator.errors import FleetError
from generator.inventory import KnownNode, choose, known_nodes
from generator.progress import say, step

__all__ = ["Base", "Report", "diff"]


def diff(
    root: Path, base: str, names: Sequence[str] = (), nodes: Sequence[KnownNode] | None = None
) -> Report:
    """Compare the catalogues of the nodes ``names``, or of all, at ``base`` and in ``root`` as it is.

    Both are compiled with the facts and certificates of ``nodes``, or those that ``root`` knows now, and with
    the modules that are in its ``vendor_modules``, so that only its own code and data differ.

    Raises:
        FleetError: ``base`` is no commit here, no node is known, or none by a name, or there is no Puppet.
        InputError: the inventory is wrong.
    """
    known = list(known_nodes(root) if nodes is None else nodes)
    known = choose(known, names) if names else known
    if not known:
        raise FleetError("no node is known, so nothing can be compared (write nodes into inventory.yaml)")
    commit = resolve(root, base)
    key = secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="fleet-diff-") as folder:
        before, after = (Path(folder).resolve() / side for side in ("base", "head"))
        lay_out(before, root, lambda to: export(root, commit, to))
        lay_out(after, root, lambda to: working_tree(root, to))
        for place in hide_unencrypted(before / ENVIRONMENT, after / ENVIRONMENT, key):
            say(f"  ! {place} is no longer encrypted (encrypt it, and change the secret; it is not shown)")
        if modules_differ(before, after):
            say("  ! the Puppetfile changes; both sides are compiled with what vendor_modules holds now")
        with step(f"compile {2 * len(known)} catalogues, at {commit[:7]} and as it is"):
            outcomes = {
                pair.certname: compare(read_answer(pair.before), read_answer(pair.after))
                for pair in compile_pairs(before, after, known, key)
                # most nodes are alike; what is alike need not be read, but for why it does not compile
                if pair.before != pair.after or pair.after.startswith('{"error"')
            }
    return make_report(Base(base, commit), [node.certname for node in known], outcomes)
