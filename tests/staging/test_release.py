"""The release: the pinned commit, unchanged, and a Python environment that is whole."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from testinfra.host import Host

from generator.service import Service

#: Imports what the entry point itself imports, and prints what cannot be.
IMPORTS = """
import ast, importlib, sys
tree = ast.parse(open(sys.argv[1], encoding="utf-8").read())
sys.path.insert(0, "")
for node in tree.body:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    if isinstance(node, ast.ImportFrom) and not node.level:
        names = [node.module]
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:
            print(f"{name}: {error!r}")
"""


def as_account(host: Host, account: str, command: str, *arguments: str) -> str:
    """Run ``command`` as ``account``: what the account can change is never run by root."""
    output: str = host.check_output(f"runuser -u %s -- {command}", account, *arguments)
    return output


def test_checkout_is_the_pinned_commit(
    host: Host, service: Service, release: dict[str, Any], release_dir: PurePosixPath
) -> None:
    """The checkout is at the commit that Puppet intends, and its folder says so."""
    head = as_account(host, service.accounts.build, "git -C %s rev-parse HEAD", str(release_dir))
    assert head == release["commit"], f"{release_dir} is at {head}, not at {release['commit']}"
    assert release_dir.name == f"{release['revision']}-{release['commit'][:7]}-{release['digest'][:7]}", (
        f"the unit runs {release_dir}"
    )


def test_checkout_is_clean(host: Host, service: Service, release_dir: PurePosixPath) -> None:
    """Nothing in the checkout differs from its commit."""
    changes = as_account(
        host,
        service.accounts.build,
        "git --no-optional-locks -C %s -c core.excludesFile=%s -c core.fsmonitor=false status --porcelain",
        str(release_dir),
        f"/etc/{service.name}/gitignore",
    )
    assert not changes, f"changed: {changes}"


def test_lock_is_the_pinned_one(host: Host, release: dict[str, Any], release_dir: PurePosixPath) -> None:
    """The lock file, where there is one, has the pinned digest."""
    if release["install"] == "lock":
        found = host.file(str(release_dir / "uv.lock")).sha256sum
        assert found == release["lock_sha256"], f"uv.lock is {found}, not {release['lock_sha256']}"


def test_environment_is_complete(host: Host, release: dict[str, Any], release_dir: PurePosixPath) -> None:
    """The Python environment bears the stamp of what Puppet intends."""
    stamp = host.file(str(release_dir / ".venv" / ".complete"))
    assert stamp.is_file, f"{stamp.path} is missing: the install is not done"
    digest = stamp.content_string.strip()
    assert digest == release["digest"], f"built for {digest}, not for {release['digest']}"


def test_environment_has_the_python(
    host: Host, service: Service, release: dict[str, Any], release_dir: PurePosixPath
) -> None:
    """The environment has the Python that the release is pinned to."""
    found = as_account(host, service.accounts.run, "%s --version", str(release_dir / ".venv/bin/python"))
    assert found.startswith(f"Python {release['python']}."), found


def test_environment_imports_what_the_service_needs(
    host: Host, service: Service, release_dir: PurePosixPath
) -> None:
    """What the entry point imports can be imported."""
    python, entry_point = release_dir / ".venv/bin/python", release_dir / service.entry_point
    missing = as_account(
        host,
        service.accounts.run,
        "env -C %s HOME=/nonexistent PYTHONDONTWRITEBYTECODE=1 %s -c %s %s",
        str(release_dir),
        str(python),
        IMPORTS,
        str(entry_point),
    )
    assert not missing, missing
