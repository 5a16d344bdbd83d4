"""Services as bricks: what twenty of them cost to render, three of them to compile, and one more in code."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import yaml

from generator.definition import REPOSITORY, SERVICES, load_services
from generator.diff.compiler import compile_each
from generator.diff.trees import lay_out_environment, working_tree
from generator.inventory import DEFAULT_FACTS, KnownNode, make_node
from generator.progress import say
from tests.bench import lego_copier
from tests.bench.measure import median, spent
from tests.bench.service_names import naming

FLEET = Path(sys.executable).with_name("fleet")
COPIES = 20
RUNS = 3
#: So many catalogues of each node are compiled in one process, of which the first are not counted.
CATALOGUES, WARM_UP = 6, 1
ROLE, ENVIRONMENT = "gpu_node", "prod"
ONE, THREE = ["indextts2"], ["indextts2", "speech_recognition", "stable_diffusion"]


def measure() -> dict[str, float]:
    """Seconds of a render of many services, its ratio to copier's, the ratio of compiles, and lines that name one."""
    with tempfile.TemporaryDirectory() as folder:
        found = _render(Path(folder))
    one, three = _compile()
    return found | {
        "lego.compile_one_s": one,
        "lego.compile_three_s": three,
        "lego.compile_ratio": three / one,
        "lego.template_lines_per_service": len(naming(REPOSITORY)) / len(load_services()),
    }


def copy_definitions(to: Path, copies: int) -> None:
    """Write ``copies`` services to the folder ``to``: those of this repository under other names, ports and accounts."""
    to.mkdir()
    originals = [yaml.safe_load(path.read_text()) for path in sorted(SERVICES.glob("*.yaml"))]
    for number in range(copies):
        name = f"brick_{number:02}"
        accounts = {"run": f"brick-{number:02}-run", "build": f"brick-{number:02}-build"}
        own = {"name": name, "port": 9000 + 10 * number, "accounts": accounts}
        definition = {**originals[number % len(originals)], **own}
        (to / f"{name}.yaml").write_text(yaml.safe_dump(definition, sort_keys=False, allow_unicode=True))


def _render(scratch: Path) -> dict[str, float]:
    """Render the services to a folder in which nothing is, and do the same with copier, in turn."""
    definitions = scratch / "services"
    copy_definitions(definitions, COPIES)
    services = load_services(definitions)
    copier = lego_copier.installed()
    template = scratch / "template"
    lego_copier.write_template(template, services)
    ours, theirs = [], []
    for number in range(RUNS):
        modules = scratch / f"modules-{number}"
        ours.append(spent([FLEET, "render", "--services", definitions, "--modules", modules]).seconds)
        if copier:
            target = scratch / f"copied-{number}"
            theirs.append(lego_copier.seconds(copier, template, definitions, target))
            lego_copier.check_same(modules, target)
    if not theirs:
        say("  ! copier cannot be had here (uv pip install), so nothing is compared with it")
        return {"lego.render_20_s": median(ours)}
    return {
        "lego.render_20_s": median(ours),
        "lego.copier_s": median(theirs),
        "lego.copier_ratio": median(ours) / median(theirs),
    }


def _compile() -> tuple[float, float]:
    """Seconds of a catalogue of a node with one service, and of one with three: in turn, in one process that is warm."""
    with tempfile.TemporaryDirectory() as folder:
        source, tree = Path(folder, "source"), Path(folder, "tree")
        source.mkdir()
        working_tree(REPOSITORY, source)
        (source / "vendor_modules").symlink_to(REPOSITORY / "vendor_modules")
        nodes: list[KnownNode] = []
        for number in range(CATALOGUES):
            for kind, names in (("one", ONE), ("three", THREE)):
                certname = f"{kind}-{number:02}.example.org"
                data = source / "hieradata" / "nodes" / f"{certname}.yaml"
                data.parent.mkdir(exist_ok=True)
                data.write_text(yaml.safe_dump({"profile::services::names": names}))
                nodes.append(make_node(REPOSITORY, certname, ROLE, ENVIRONMENT, DEFAULT_FACTS))
        lay_out_environment(tree, source)
        taken: dict[str, list[float]] = {"one": [], "three": []}
        last = time.monotonic()
        for answer in compile_each(tree, nodes, "bench"):
            now = time.monotonic()
            assert not answer.text.startswith('{"error"'), answer.text
            taken[answer.certname.partition("-")[0]].append(now - last)
            last = now
    return median(taken["one"][WARM_UP:]), median(taken["three"][WARM_UP:])
