"""Every linter over everything: what each one reads, and how it is called."""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from generator.errors import CommandFailed, FleetError
from generator.jobs import Job, Outcome, Result, call, run_side_by_side

#: Reads the files (relative to the root) and says what is wrong with them.
Check = Callable[[Path, Sequence[str]], Outcome]

#: The tools of .venv, where they are also when it is not on the PATH.
VENV = Path(sys.executable).parent


@dataclass(frozen=True)
class Linter:
    """A linter: the files that it reads, the program that it needs, and the check."""

    name: str
    reads: re.Pattern[str]
    program: str | Path
    check: Check


def repository() -> Path:
    """Find the root of the repository that the caller stands in."""
    found = call(["git", "rev-parse", "--show-toplevel"], Path.cwd())
    if not found.ok:
        raise FleetError(f"{Path.cwd()}: not inside a git repository (run fleet lint in a clone)")
    return Path(found.output.rstrip("\n"))


def repository_files(root: Path) -> list[str]:
    """List the files that are committed or would be, relative to ``root``."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise CommandFailed(f"git ls-files in {root}: {done.stderr.strip()}")
    return sorted({name for name in done.stdout.split("\0") if name and (root / name).is_file()})


def lint(root: Path, only: Sequence[str] = ()) -> list[Result]:
    """Run the linters (those named in ``only``, or all) side by side over the files of ``root``.

    Raises FleetError before anything runs where a linter is not installed.
    """
    chosen = [linter for linter in LINTERS if not only or linter.name in only]
    missing = sorted({str(linter.program) for linter in chosen if not shutil.which(linter.program)})
    if missing:
        raise FleetError(f"{', '.join(missing)}: not installed (make setup installs every linter)")
    names = repository_files(root)
    return run_side_by_side([_job(root, linter, names) for linter in chosen], os.cpu_count() or 1)


def _job(root: Path, linter: Linter, names: Sequence[str]) -> Job:
    files = [name for name in names if linter.reads.search(name) or _is_script(root / name, linter)]

    def work() -> Outcome:
        found = linter.check(root, files) if files else Outcome(True, "")
        return replace(found, size=len(files))

    return Job(linter.name, work)


def _is_script(path: Path, linter: Linter) -> bool:
    """Say whether a file without a telling name is a shell script by its first line."""
    if linter.name != "shellcheck" or path.suffix:
        return False
    with path.open("rb") as stream:
        return re.match(rb"#!.*\b(ba|da)?sh\b", stream.readline(80)) is not None


def each_call(*command: str | Path) -> Check:
    """Make a check that calls ``command`` once, with all files behind it."""
    return lambda root, files: call([*command, *files], root)


def whole(*command: str | Path) -> Check:
    """Make a check that calls ``command``, which finds its files by itself."""
    return lambda root, _files: call(command, root)


def one_by_one(*command: str | Path) -> Check:
    """Make a check that calls ``command`` for each file, because the program takes only one."""
    return lambda root, files: _all_of([call([*command, file], root) for file in files])


def silent(*command: str | Path) -> Check:
    """Make a check that calls ``command`` with all files and takes every word it prints for a complaint."""

    def check(root: Path, files: Sequence[str]) -> Outcome:
        said = call([*command, *files], root)
        return Outcome(said.ok and not said.output.strip(), said.output)

    return check


def _all_of(outcomes: Sequence[Outcome]) -> Outcome:
    failed = [outcome.output for outcome in outcomes if not outcome.ok]
    return Outcome(not failed, "".join(failed))


def reference_is_true(root: Path, files: Sequence[str]) -> Outcome:
    """Hold each module's REFERENCE.md against what puppet-strings makes of its code."""
    return _all_of([_reference_of(root, Path(file).parent) for file in files])


def _reference_of(root: Path, module: Path) -> Outcome:
    with tempfile.TemporaryDirectory() as scratch:
        # puppet-strings leaves a database where it runs, so it runs in a copy.
        copy = shutil.copytree(root / module, Path(scratch, module.name))
        committed = copy / "REFERENCE.md"
        before = _NEGATIVE.sub("`-`", _RENDERED.sub("", committed.read_text()))
        made = call(["puppet", "strings", "generate", "--format", "markdown", "--out", committed], copy)
        if not made.ok or "[warn]" in made.output:
            return Outcome(False, f"{module}: {made.output}")
        after = committed.read_text()
    diff = difflib.unified_diff(
        before.splitlines(True), after.splitlines(True), f"{module}/REFERENCE.md", "what puppet-strings makes"
    )
    return Outcome(before == after, "".join(diff))


def hosts_are_known(root: Path, files: Sequence[str]) -> Outcome:
    """Refuse an address of a host that setup/hosts.txt does not name: mirrors are an operator's choice."""
    lines = (root / "setup/hosts.txt").read_text().splitlines()
    known = {line.split()[0] for line in lines if line and not line.startswith("#")}
    strange = []
    for file in files:
        for number, line in enumerate((root / file).read_text(errors="replace").splitlines(), 1):
            hosts = {host.lower().rstrip(".") for host in _HOST.findall(line)}
            strange += [
                f"{file}:{number}: {host} is no host of setup/hosts.txt\n"
                for host in sorted(hosts - known)
                if not _NOWHERE.search(host)
            ]
    return Outcome(not strange, "".join(strange))


#: The line by which a rendered file says so, which puppet-strings cannot know of.
_RENDERED = re.compile(r"\A<!-- Rendered by .* -->\n")
#: puppet-strings 2.9 writes a negative default as its sign alone; a reference may have it whole.
_NEGATIVE = re.compile(r"(?<=^Default value: )`-[0-9.]+`$", re.MULTILINE)
_HOST = re.compile(r"\b(?:https?|git|ssh|ftp)://(?:[^\s/@'\"]*@)?([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)")
#: The lab and loopback, a word without a dot, and the names that RFC 2606 keeps for examples.
_NOWHERE = re.compile(
    r"^(10\.77\.0\.\d+|127\.\d+\.\d+\.\d+|[^.]+)$|(^|\.)(test|example|invalid|example\.(com|org|net))$"
)

_RUBY = "ARGV.each { |file| RubyVM::InstructionSequence.compile_file(file) }"
#: A module, hand-written or rendered, also those that only the tests have; vendor_modules is ignored by git.
_MODULE = r"^(tests/golden/[^/]+/)?modules/[^/]+"
_OURS = rf"(^manifests|{_MODULE})/.*"
_PYTHON = re.compile(r"\.pyi?$")

LINTERS = (
    Linter("mypy", _PYTHON, VENV / "mypy", whole(VENV / "mypy")),
    # what a node runs, on the Python of the oldest system that the modules support
    Linter(
        "mypy-node",
        re.compile(rf"{_MODULE}/files/[^/]+/[^/]+\.py$"),
        VENV / "mypy",
        each_call(VENV / "mypy", "--python-version", "3.9"),
    ),
    Linter("puppet-strings", re.compile(rf"{_MODULE}/REFERENCE\.md$"), "puppet", reference_is_true),
    Linter(
        "puppet-parser", re.compile(rf"{_OURS}\.pp$"), "puppet", each_call("puppet", "parser", "validate")
    ),
    Linter("epp", re.compile(rf"{_OURS}\.epp$"), "puppet", each_call("puppet", "epp", "validate")),
    Linter("puppet-lint", re.compile(rf"{_OURS}\.pp$"), "puppet-lint", each_call("puppet-lint")),
    Linter(
        "render",
        re.compile(r"^(templates|hieradata/services)/"),
        VENV / "fleet",
        whole(VENV / "fleet", "render", "--check"),
    ),
    Linter(
        "validate",
        re.compile(r"^(hieradata|modules|manifests)/|^(hiera|inventory)\.yaml$"),
        VENV / "fleet",
        whole(VENV / "fleet", "validate"),
    ),
    Linter(
        "schema",
        re.compile(r"^(hieradata/services|modules)/|^hieradata\.schema\.json$"),
        VENV / "fleet",
        whole(VENV / "fleet", "schema", "--check"),
    ),
    Linter(
        "dashboards",
        re.compile(r"^(generator/dashboards/|modules/profile/files/dashboards/)"),
        VENV / "fleet",
        whole(VENV / "fleet", "dashboards", "--check"),
    ),
    Linter(
        "metadata",
        re.compile(rf"{_MODULE}/metadata\.json$"),
        "metadata-json-lint",
        one_by_one("metadata-json-lint"),
    ),
    Linter(
        "yamllint",
        re.compile(r"\.ya?ml$|^\.yamllint$"),
        VENV / "yamllint",
        each_call(VENV / "yamllint", "--strict"),
    ),
    Linter("shellcheck", re.compile(r"\.sh$"), "shellcheck", each_call("shellcheck")),
    Linter("ruby", re.compile(r"\.rb$"), "ruby", silent("ruby", "-w", "-e", _RUBY)),
    Linter("ruff", _PYTHON, VENV / "ruff", whole(VENV / "ruff", "check", "--output-format=concise")),
    Linter(
        "ruff-format",
        _PYTHON,
        VENV / "ruff",
        whole(VENV / "ruff", "format", "--check", "--output-format=concise"),
    ),
    Linter("hosts", re.compile(r""), "git", hosts_are_known),
)
