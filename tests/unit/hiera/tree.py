"""A tree with data, and a node that looks things up in it."""

from __future__ import annotations

from pathlib import Path

from generator.hiera import Scope

SCOPE = Scope({"os": {"name": "Debian"}, "places": ["north", "south"]}, {"certname": "n1.example"})
HIERA = """\
version: 5
defaults: {datadir: d, data_hash: yaml_data}
hierarchy:
  - {name: node, path: "nodes/%{trusted.certname}.yaml"}
  - {name: os, paths: ["os/%{facts.os.name}.yaml", "os/%{facts.os.family}.yaml"]}
  - {name: places, mapped_paths: [facts.places, place, "place/%{place}.yaml"]}
  - {name: one, glob: "one/*.yaml"}
  - {name: deep, globs: ["deep/**/*.yaml", "x/{a,b}/%{facts.os.name}-*.yaml"]}
  - {name: elsewhere, datadir: "e/%{facts.os.name}", path: common.yaml}
"""


def write(root: Path, **texts: str) -> Path:
    """Write files: ``a__b`` is a/b.yaml."""
    for name, text in texts.items():
        path = root / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root
