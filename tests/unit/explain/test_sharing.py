"""``fleet explain`` says which nodes have a value from the same place."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.explain import explain
from generator.reach import reach


@pytest.mark.parametrize(
    ("key", "node", "sharing"),
    [
        ("tts::revision", "n2.example", ["n2.example"]),
        ("tts::revision", "n3.example", ["n3.example", "n4.example"]),
        ("tts::flags", "n1.example", ["n1.example"]),
        ("tts::flags", "n4.example", ["n3.example", "n4.example"]),
        ("tts::greeting", "n1.example", ["n1.example"]),
        ("tts::kernel", "n1.example", ["n1.example", "n2.example", "n3.example", "n4.example"]),
        ("tts::ports.http", "n1.example", ["n1.example", "n2.example", "n3.example", "n4.example"]),
        ("tts::none", "n1.example", ["n1.example", "n2.example", "n3.example", "n4.example"]),
    ],
)
def test_who_shares_it(root: Path, key: str, node: str, sharing: list[str]) -> None:
    assert explain(root, node, key).sharing == sharing


def test_what_is_merged_is_shared_where_every_part_is(root: Path) -> None:
    (root / "hieradata/nodes/n2.example.yaml").unlink()
    assert explain(root, "n1.example", "tts::flags").sharing == ["n1.example", "n2.example"]


def test_a_node_with_other_lookup_options_shares_what_they_do_not_change(root: Path) -> None:
    others = ["n1.example", "n2.example", "n4.example"]
    for merge, sharing in (("hash", [*others, "n3.example"]), ("unique", others)):
        options = f"lookup_options: {{tts::secret: {{merge: {merge}, convert_to: Sensitive}}}}\n"
        (root / "hieradata/nodes/n3.example.yaml").write_text(options)
        assert explain(root, "n1.example", "tts::secret").sharing == sorted(sharing)


def test_lookup_options_may_depend_on_the_node(root: Path) -> None:
    text = "lookup_options: {'tts::%{trusted.extensions.pp_role}': {merge: unique}}\ntts::web: x\n"
    (root / "hieradata/common.yaml").write_text(text)
    assert explain(root, "n1.example", "tts::web").sharing == ["n1.example", "n2.example", "n3.example"]
    (root / "hieradata/env/staging.yaml").write_text("tts::web: y\n")
    found = {key.key: key.nodes for key in reach(root, root / "hieradata/common.yaml").keys}
    assert found == {"tts::web": ["n1.example", "n2.example", "n4.example"]}
