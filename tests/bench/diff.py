"""``fleet diff`` beside octocatalog-diff, on two cores: 50 nodes, the same trees, facts and change.

octocatalog-diff is not what ``fleet diff`` runs. It starts Puppet twice for each node, which is what is
measured here. It has no way to say what a certificate says (``trusted.extensions``), so the site of this bench
asks for none. And the one that Debian 12 packages (2.1.0) ends on Ruby 3 with an ArgumentError as soon as a
value that differs is an array or a hash, so the change of this bench is a flag: a bump of a revision it cannot do.

It need not be installed: its packages are unpacked below build/, where the package archive has them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from generator.definition import REPOSITORY
from generator.diff.trees import working_tree
from generator.progress import say
from tests.bench.measure import median

FLEET = Path(sys.executable).with_name("fleet")
NODES = 50
CORES = ["taskset", "--cpu-list", "0,1"]
UNPACKED = REPOSITORY / "build" / "octocatalog-diff"
#: octocatalog-diff and what it needs beyond Ruby and Puppet, as Debian 12 names it.
PACKAGES = (
    "octocatalog-diff ruby-diffy ruby-hashdiff ruby-httparty ruby-mini-mime ruby-multi-xml ruby-parallel"
    " ruby-rugged libgit2-1.5 libhttp-parser2.9 libmbedcrypto7 libmbedtls14 libmbedx509-1"
).split()
SITE = "node default {\n  include profile::tts\n}\n"
HIERARCHY = {
    "version": 5,
    "defaults": {"datadir": "hieradata", "data_hash": "yaml_data"},
    "hierarchy": [
        {"name": "all", "paths": ["env/prod.yaml", "common.yaml"]},
        {"name": "os", "path": "os/%{facts.os.family}.yaml"},
        {"name": "the releases that exist", "glob": "catalogue/*.yaml"},
    ],
}
CHANGE = "indextts2::verbose: true\n"


def measure(nodes: int = NODES) -> dict[str, float]:
    """Seconds of each for all nodes, and how much of octocatalog-diff's time ``fleet diff`` takes."""
    with tempfile.TemporaryDirectory() as folder:
        base, head, facts = (Path(folder) / name for name in ("base", "head", "facts"))
        names = [f"tts-{number:02}.example.org" for number in range(1, nodes + 1)]
        _make_trees(base, head, names)
        _make_facts(facts, names)
        ours = [_fleet(head, nodes)]
        if not _unpack():
            say("  ! octocatalog-diff cannot be had here (apt-get download), so nothing is compared with it")
            return {"diff.fleet_s": ours[0]}
        # fifty starts each are samples enough, and take minutes
        theirs = sum(_octocatalog(base, head, facts / f"{name}.yaml") for name in names)
        ours.append(_fleet(head, nodes))
    seconds = median(ours)
    return {"diff.fleet_s": seconds, "diff.octocatalog_s": theirs, "diff.octocatalog_ratio": seconds / theirs}


def _make_trees(base: Path, head: Path, names: Sequence[str]) -> None:
    """Make two trees of this repository, one of them also a git repository whose commit is the other."""
    head.mkdir()
    working_tree(REPOSITORY, head)
    shutil.copytree(REPOSITORY / "vendor_modules", head / "vendor_modules")
    (head / "manifests" / "site.pp").write_text(SITE)
    (head / "hiera.yaml").write_text(yaml.safe_dump(HIERARCHY))
    (head / "environment.conf").write_text("modulepath = modules:vendor_modules:$basemodulepath\n")
    entry = {"role": "tts_node", "env": "prod"}
    (head / "inventory.yaml").write_text(yaml.safe_dump({"nodes": dict.fromkeys(names, entry)}))
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message=base"]):
        subprocess.run(
            ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.org", *command],
            cwd=head,
            check=True,
        )
    shutil.copytree(head, base, symlinks=True)
    with (head / "hieradata" / "env" / "prod.yaml").open("a") as stream:
        stream.write(CHANGE)


def _make_facts(folder: Path, names: Sequence[str]) -> None:
    """Write each node's facts as ``puppet catalog compile`` reads them."""
    folder.mkdir()
    captured = json.loads((REPOSITORY / "tests" / "facts" / "debian-12.json").read_text())
    for name in names:
        facts = {"name": name, "values": {**captured, "clientcert": name}}
        text = yaml.safe_dump(facts)
        (folder / f"{name}.yaml").write_text(f"--- !ruby/object:Puppet::Node::Facts\n{text}")


def _fleet(head: Path, nodes: int) -> float:
    command = [*CORES, str(FLEET), "diff", "--root", ".", "--base", "HEAD", "--json"]
    seconds, said = _timed(command, head, os.environ, 0)
    assert json.loads(said)["changed"] == nodes, said
    return seconds


def _octocatalog(base: Path, head: Path, facts: Path) -> float:
    """Seconds for one node; it compiles both catalogues side by side."""
    gems = [str(path) for path in UNPACKED.glob("usr/**/rubygems-integration/*") if path.is_dir()]
    own = subprocess.run(["ruby", "-e", "puts Gem.path"], capture_output=True, text=True, check=True).stdout
    libraries = [str(path.parent) for path in UNPACKED.glob("usr/lib/*/libgit2.so.*")]
    environment = {
        **os.environ,
        "RUBYLIB": str(UNPACKED / "usr/lib/ruby/vendor_ruby"),
        "GEM_PATH": ":".join([*gems, *own.split()]),
        "LD_LIBRARY_PATH": ":".join(libraries),
    }
    program = ["ruby", str(UNPACKED / "usr/bin/octocatalog-diff"), f"--hostname={facts.stem}"]
    trees = ["--from=base", "--to=head", f"--bootstrapped-from-dir={base}", f"--bootstrapped-to-dir={head}"]
    options = ["--no-hiera-config", "--output-format=json", f"--override-script-path={UNPACKED / 'scripts'}"]
    puppet = f"--puppet-binary={shutil.which('puppet')}"
    command = [*CORES, *program, f"--fact-file={facts}", *trees, *options, puppet]
    seconds, said = _timed(command, head, environment, 2)
    assert json.loads(said)["diff"], said
    return seconds


def _timed(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], code: int
) -> tuple[float, str]:
    """Run a command that must exit with ``code``; its seconds, and what it printed."""
    began = time.monotonic()
    done = subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    seconds = time.monotonic() - began
    assert done.returncode == code, f"{command} exited {done.returncode}: {done.stderr}"
    return seconds, done.stdout


def _unpack() -> bool:
    """Have octocatalog-diff below build/, and say whether it is there."""
    if (UNPACKED / "scripts").exists():
        return True
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run(
            ["apt-get", "-q", "download", *PACKAGES], cwd=folder, capture_output=True
        ).returncode:
            return False
        UNPACKED.mkdir(parents=True, exist_ok=True)
        for package in sorted(Path(folder).glob("*.deb")):
            subprocess.run(["dpkg-deb", "--extract", package, UNPACKED], check=True)
    # the folder in which it looks for its own scripts is one that only an installed one has
    flat = UNPACKED / "scripts.new"
    flat.mkdir(exist_ok=True)
    for script in UNPACKED.glob("usr/share/octocatalog-diff/scripts/*/*.sh"):
        shutil.copy(script, flat)
    flat.rename(UNPACKED / "scripts")
    return True
