"""A made-up fleet's data, as large as is asked: what ``explain`` and ``validate`` are measured on.

python -m tests.bench.fleet_data FOLDER [NODES [LAYERS [KEYS]]]
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import yaml

ROLES = 20
ENVIRONMENTS = ("dev", "prod", "qa", "staging")
SITES = 25
FACTS = "debian-12"
#: A parameter's type, and a value of it, by the number of its key.
TYPES = (
    ("Integer[0]", lambda number: number),
    ("String[1]", lambda number: f"value {number}"),
    ("Boolean", lambda number: number % 2 == 0),
    ("Array[String[1]]", lambda number: [f"item {number}", f"item {number + 1}"]),
    ("Hash[String, Integer]", lambda number: {"one": number, "two": number + 1}),
)
#: The layers between a node's own and common.yaml; a fleet of fewer layers takes the first of them.
BETWEEN = (
    "roles/%{trusted.extensions.pp_role}-%{trusted.extensions.pp_environment}.yaml",
    "roles/%{trusted.extensions.pp_role}.yaml",
    "env/%{trusted.extensions.pp_environment}.yaml",
    "sites/%{trusted.domain}.yaml",
    "os/%{facts.os.name}-%{facts.os.release.major}.yaml",
    "os/%{facts.os.family}.yaml",
    "kernels/%{facts.kernel}.yaml",
    "virtual/%{facts.virtual}.yaml",
    "zones/%{facts.timezone}.yaml",
    "puppets/%{facts.puppetversion}.yaml",
)


def make(root: Path, nodes: int, layers: int, keys: int) -> list[str]:
    """Write a control repository at ``root``, the same for the same numbers, and return its nodes' names.

    Every node has a file of 5 to 10 keys; ``layers`` is from 2 to 12; every key is a parameter of a class,
    and common.yaml has a value of its type for each.
    """
    rng = random.Random(f"{nodes} {layers} {keys}")
    names = [f"n{number:05}.s{number % SITES:02}.example" for number in range(nodes)]
    middle = BETWEEN[: layers - 2]
    parameters = [f"load::key_{number:03}" for number in range(keys)]
    _write(root / "hiera.yaml", _hiera(middle))
    _write(
        root / "inventory.yaml", {"nodes": {name: _certificate(number) for number, name in enumerate(names)}}
    )
    _write_facts(root / "tests" / "facts" / f"{FACTS}.json")
    _write_class(root / "modules" / "load" / "manifests" / "init.pp", keys)
    for file in ["common.yaml", *_middle_files(middle)]:
        chosen = range(keys) if file == "common.yaml" else sorted(rng.sample(range(keys), keys // 10))
        data: dict[str, Any] = {parameters[number]: _value(number, rng) for number in chosen}
        if file == "common.yaml":
            data["lookup_options"] = {
                "^load::key_.*4$": {"merge": "hash"},
                "^load::key_.*3$": {"merge": "unique"},
            }
        _write(root / "hieradata" / file, data)
    for name in names:
        chosen = sorted(rng.sample(range(keys), min(keys, rng.randint(5, 10))))
        _write(root / "hieradata" / "nodes" / f"{name}.yaml", {parameters[n]: _value(n, rng) for n in chosen})
    return names


def _hiera(middle: tuple[str, ...]) -> dict[str, Any]:
    paths = ["nodes/%{trusted.certname}.yaml", *middle, "common.yaml"]
    return {
        "version": 5,
        "defaults": {"datadir": "hieradata", "data_hash": "yaml_data"},
        "hierarchy": [{"name": f"layer {number}", "path": path} for number, path in enumerate(paths)],
    }


def _certificate(number: int) -> dict[str, str]:
    return {"role": f"role_{number % ROLES:02}", "env": ENVIRONMENTS[number // ROLES % len(ENVIRONMENTS)]}


def _middle_files(middle: tuple[str, ...]) -> list[str]:
    roles = [f"role_{number:02}" for number in range(ROLES)]
    every = {
        BETWEEN[0]: [f"roles/{role}-{environment}.yaml" for role in roles for environment in ENVIRONMENTS],
        BETWEEN[1]: [f"roles/{role}.yaml" for role in roles],
        BETWEEN[2]: [f"env/{environment}.yaml" for environment in ENVIRONMENTS],
        BETWEEN[3]: [f"sites/s{number:02}.example.yaml" for number in range(SITES)],
        BETWEEN[4]: ["os/Debian-12.yaml"],
        BETWEEN[5]: ["os/Debian.yaml"],
        BETWEEN[6]: ["kernels/Linux.yaml"],
        BETWEEN[7]: ["virtual/physical.yaml"],
        BETWEEN[8]: ["zones/UTC.yaml"],
        BETWEEN[9]: ["puppets/7.23.0.yaml"],
    }
    return [file for layer in middle for file in every[layer]]


def _value(number: int, rng: random.Random) -> Any:
    return TYPES[number % len(TYPES)][1](rng.randrange(1000))


def _write_facts(path: Path) -> None:
    facts = {
        "kernel": "Linux",
        "networking": {},
        "os": {"name": "Debian", "family": "Debian", "release": {"major": "12"}},
        "puppetversion": "7.23.0",
        "timezone": "UTC",
        "virtual": "physical",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(facts), encoding="utf-8")


def _write_class(path: Path, keys: int) -> None:
    parameters = "".join(f"  {TYPES[number % len(TYPES)][0]} $key_{number:03},\n" for number in range(keys))
    documented = "".join(f"# @param key_{number:03} A value\n" for number in range(keys))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"# @summary All keys\n{documented}class load (\n{parameters}) {{\n}}\n", encoding="utf-8"
    )


def _write(path: Path, data: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    path.write_text("---\n" + yaml.dump(data, Dumper=dumper, sort_keys=False), encoding="utf-8")


if __name__ == "__main__":
    make(
        Path(sys.argv[1]), *([int(number) for number in sys.argv[2:]] + [5000, 12, 200][len(sys.argv) - 2 :])
    )
