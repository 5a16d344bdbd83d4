"""Backups of the Puppet server, and what is made of them, with PostgreSQL's programs stood in for.

tests/lab/test_restore.py has the real ones.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import shutil
import socket
import stat
import subprocess
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner

from generator import backups, restore
from generator.commands.restore import restore as restore_verb
from generator.errors import CommandFailed, FleetError
from tests.unit.program import load

PROGRAM = Path(__file__).parents[2] / "modules" / "profile" / "files" / "backup.py"
NOW = datetime(2026, 11, 27, 2, 40, 0, tzinfo=UTC)
CERTNAME = "puppet.example.org"
AUTHORITY = {
    "ca_crt.pem": "crt",
    "ca_key.pem": "key",
    "ca_crl.pem": "crl",
    "inventory.txt": "",
    "serial": "00FF",
}


@pytest.fixture(scope="module")
def program() -> ModuleType:
    return load(PROGRAM)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Return a function that puts a shell script on PATH, before all else, under a name."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def write(name: str, script: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    write("pg_dump", 'for word; do case $word in --file=*) printf PGDMP >"${word#--file=}" ;; esac; done')
    write("pg_restore", "echo '215; 0 16390 TABLE DATA public reports puppetdb'")
    write("dpkg-query", "printf 1.0")
    return write


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """The file tree of a Puppet server: its authority, and a key of its own."""
    root = tmp_path / "server"
    ca = root / "ca"
    (ca / "signed").mkdir(parents=True)
    for name, text in AUTHORITY.items():
        (ca / name).write_text(text)
    (ca / "ca_key.pem").chmod(0o400)
    (ca / "signed" / f"{CERTNAME}.pem").write_text("own")
    (ca / "signed" / "tts1.example.org.pem").write_text("node")
    ca.chmod(0o750)
    (root / "ssl").mkdir()
    (root / "ssl" / "ca").symlink_to(ca)
    (root / "autosign.key").write_text("k" * 64)
    (root / "backups").mkdir(mode=0o700)
    return root


@pytest.fixture
def config(server: Path) -> dict[str, Any]:
    return {
        "certname": CERTNAME,
        "directory": str(server / "backups"),
        "keep": 2,
        "database": "puppetdb",
        "ca": str(server / "ca"),
        "trees": [str(server / name) for name in ("ca", "ssl", "autosign.key", "not-there")],
    }


Program = ModuleType
StandIn = Callable[[str, str], None]


def names(archive: Path) -> list[str]:
    with tarfile.open(archive) as tar:
        return tar.getnames()


def test_a_backup_is_a_closed_folder_with_all_of_it(
    program: Program, stand_in: StandIn, config: dict[str, Any], server: Path
) -> None:
    folder = program.make(config, NOW)
    assert folder == server / "backups" / "2026-11-27T02-40-00Z"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    manifest = program.verify(folder)
    assert (manifest["certname"], manifest["time"]) == (CERTNAME, NOW.timestamp())
    found = [name.removeprefix(str(server).lstrip("/")) for name in names(folder / "files.tar")]
    assert {"/ca/ca_key.pem", "/ca/signed/tts1.example.org.pem", "/ssl/ca", "/autosign.key"} <= set(found)
    assert not [name for name in found if "not-there" in name]
    # a certificate that is signed meanwhile must not be copied without its number being counted
    assert found[-1] == "/ca/serial" and found.count("/ca/serial") == 1


def test_what_is_no_file_is_left_out(
    program: Program, stand_in: StandIn, config: dict[str, Any], server: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        here = os.getcwd()
        os.chdir(server / "ca")  # the name of a socket is short
        try:
            listening.bind("socket")
        finally:
            os.chdir(here)
        assert not [
            name for name in names(program.make(config, NOW) / "files.tar") if name.endswith("/socket")
        ]


def test_a_file_with_two_names_is_there_twice(
    program: Program, stand_in: StandIn, config: dict[str, Any], server: Path
) -> None:
    (server / "ca" / "signed" / "twice.pem").hardlink_to(server / "ca" / "ca_crt.pem")
    folder = program.make(config, NOW)
    with tarfile.open(folder / "files.tar") as tar:
        twice = tar.extractfile(str(server / "ca" / "signed" / "twice.pem").lstrip("/"))
        assert twice and twice.read() == b"crt"


def test_what_goes_while_it_is_read_is_left_out(
    program: Program,
    stand_in: StandIn,
    config: dict[str, Any],
    server: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requests = server / "ca" / "requests"
    for name in ("a", "b"):
        (requests / name).mkdir(parents=True)
        (requests / name / "file.pem").write_text("request")
    listed, stated = Path.iterdir, tarfile.TarFile.gettarinfo

    def iterdir(folder: Path) -> list[Path]:
        if folder == requests / "b":
            shutil.rmtree(folder)
        return list(listed(folder))

    def gettarinfo(tar: tarfile.TarFile, path: Path, name: str) -> tarfile.TarInfo:
        if path == requests / "a":
            (path / "file.pem").unlink()
        info = stated(tar, path, name)
        if path.name == "tts1.example.org.pem":
            path.unlink()
        return info

    monkeypatch.setattr(Path, "iterdir", iterdir)
    monkeypatch.setattr(tarfile.TarFile, "gettarinfo", gettarinfo)
    found = names(program.make(config, NOW) / "files.tar")
    assert not [name for name in found if name.endswith(("file.pem", "tts1.example.org.pem"))]
    assert found[-1].endswith("/ca/serial")


def test_old_ones_go_after_a_good_new_one_only(
    program: Program, stand_in: StandIn, config: dict[str, Any], server: Path
) -> None:
    made = [program.make(config, NOW + timedelta(days=day)) for day in range(3)]
    assert program.backups(server / "backups") == made[1:]
    stand_in("pg_dump", "echo 'connection to server failed' >&2; exit 1")
    with pytest.raises(program.BackupError, match=r"^pg_dump: connection to server failed$"):
        program.make(config, NOW + timedelta(days=9))
    assert sorted((server / "backups").iterdir()) == made[1:]


def test_what_a_killed_one_left_goes(
    program: Program, stand_in: StandIn, config: dict[str, Any], server: Path
) -> None:
    (server / "backups" / "2026-11-26T02-40-00Z.new").mkdir()
    folder = program.make(config, NOW)
    assert list((server / "backups").iterdir()) == [folder]


@pytest.mark.parametrize("missing", sorted(AUTHORITY))
def test_a_server_without_an_authority_has_no_backup(
    program: Program, stand_in: StandIn, config: dict[str, Any], server: Path, missing: str
) -> None:
    (server / "ca" / missing).unlink()
    with pytest.raises((program.BackupError, FileNotFoundError)):
        program.make(config, NOW)
    assert list((server / "backups").iterdir()) == []


@pytest.mark.parametrize("name", ["files.tar", "puppetdb.dump", "manifest.json", "SHA256SUMS"])
def test_a_backup_that_is_damaged_is_none(
    program: Program, stand_in: StandIn, config: dict[str, Any], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = program.make(config, NOW)
    assert program.main(["verify", str(folder)]) == 0
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder, check=True)
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    assert program.main(["verify", str(folder)]) == 1
    assert capsys.readouterr().err.startswith(f"puppet-backup: {folder}/")
    (folder / name).unlink()
    assert program.main(["verify", str(folder)]) == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{}", "lacks format, certname, ca"),
        ('{"format": 1, "certname": "x"}', "lacks ca"),
        ("[]", "lacks format"),
    ],
)
def test_a_manifest_that_lacks_something_says_what(
    program: Program,
    stand_in: StandIn,
    config: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    text: str,
    why: str,
) -> None:
    folder = program.make(config, NOW)
    (folder / "manifest.json").write_text(text)
    (folder / "SHA256SUMS").write_text(program.sums(folder))
    assert program.main(["verify", str(folder)]) == 1
    assert capsys.readouterr().err.startswith(f"puppet-backup: {folder}/manifest.json: {why}")


@pytest.mark.parametrize(
    ("text", "why"), [("{}", "lacks certname"), ("{", "is no JSON"), ('"trees"', "lacks certname")]
)
def test_settings_that_are_not_whole_say_who_writes_them(
    program: Program, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, why: str
) -> None:
    (tmp_path / "config.json").write_text(text)
    assert program.main(["make"], tmp_path / "config.json", tmp_path / "metrics") == 1
    said = capsys.readouterr().err
    assert said.startswith(f"puppet-backup: {tmp_path}/config.json: {why}")
    assert said.endswith(": puppet agent --test writes it anew\n")


def test_an_empty_database_is_no_backup(program: Program, stand_in: StandIn, config: dict[str, Any]) -> None:
    stand_in("pg_restore", "echo '; Archive created at'")
    with pytest.raises(program.BackupError, match="a dump without a table"):
        program.make(config, NOW)


def test_prometheus_is_told_of_the_last_and_of_the_last_good_one(
    program: Program,
    stand_in: StandIn,
    config: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    place = tmp_path / "puppet_backup.prom"

    def told() -> dict[str, float]:
        lines = [line.split() for line in place.read_text().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in lines}

    assert program.main(["make"], tmp_path / "config.json", place) == 0
    good = told()
    assert good["fleet_backup_ok"] == 1 and good["fleet_backup_size_bytes"] > 0
    assert abs(good["fleet_backup_time_seconds"] - datetime.now(UTC).timestamp()) < 60
    assert stat.S_IMODE(place.stat().st_mode) == 0o644
    stand_in("pg_dump", "exit 3")
    assert program.main(["make"], tmp_path / "config.json", place) == 1
    assert told() == good | {"fleet_backup_ok": 0}
    assert "pg_dump: ended with 3" in capsys.readouterr().err


class Machine:
    """An empty machine that was set up anew: an authority and units of its own."""

    def __init__(
        self, root: Path, config: dict[str, Any], write: StandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Have ``systemctl`` and the like only write down that they were called."""
        self.root, self.log = root, root / "calls"
        self.units = root / "units"
        self.units.mkdir()
        for name in config["trees"]:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
        self.ca = Path(config["ca"])
        config_file = root / "puppet-backup.json"
        config_file.write_text(json.dumps(config))
        for name in ("systemctl", "runuser"):
            write(
                name,
                f'echo {name} "$@" >>{self.log}; case "$*" in *psql*) echo "3|7" ;; *pg_restore*) cat ;; esac',
            )
        write("puppet-backup", "exit 0")
        monkeypatch.setattr(restore, "_UNITS", self.units)
        monkeypatch.setattr(backups, "PROGRAM", "puppet-backup")
        self.settings = backups.settings(config_file)

    def calls(self) -> list[str]:
        """List what was called."""
        return self.log.read_text().splitlines() if self.log.exists() else []

    def held(self) -> list[str]:
        """List what keeps the servers from starting."""
        return sorted(str(file.relative_to(self.units)) for file in self.units.rglob("*.conf"))


@pytest.fixture
def saved(program: Program, stand_in: StandIn, config: dict[str, Any], server: Path, tmp_path: Path) -> Path:
    """A backup, copied away before its server was lost; a new one is set up by the same name."""
    saved = tmp_path / "copied"
    program.make(config, NOW).rename(saved)
    for name in ("ca", "ssl", "autosign.key", "backups"):
        restore._remove(server / name)
    (server / "ca" / "signed").mkdir(parents=True)
    for name in AUTHORITY:
        (server / "ca" / name).write_text("new")
    (server / "ca" / "signed" / f"{CERTNAME}.pem").write_text("new")
    (server / "autosign.key").write_text("new")
    return saved


@pytest.fixture
def machine(
    saved: Path, server: Path, config: dict[str, Any], stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> Machine:
    return Machine(server, config, stand_in, monkeypatch)


def test_a_restored_server_is_the_one_that_was_lost(saved: Path, machine: Machine, server: Path) -> None:
    found = restore.restore(saved, machine.settings, replace=False)
    assert found == restore.Restored(certificates=2, nodes=3, reports=7)
    assert (server / "ca" / "ca_key.pem").read_text() == "key"
    assert stat.S_IMODE((server / "ca" / "ca_key.pem").stat().st_mode) == 0o400
    assert stat.S_IMODE((server / "ca").stat().st_mode) == 0o750
    assert (server / "ssl" / "ca").readlink() == server / "ca"
    assert (server / "autosign.key").read_text() == "k" * 64
    assert (server / "ca.before-restore" / "ca_key.pem").read_text() == "new"
    assert not list(server.glob("*.restored"))
    assert machine.held() == []
    calls = machine.calls()
    stopped = next(number for number, call in enumerate(calls) if call.startswith("systemctl stop "))
    dropped = next(number for number, call in enumerate(calls) if " dropdb " in call)
    started = calls.index("systemctl start puppetserver.service puppetdb.service")
    assert stopped < dropped < started


def test_no_serial_number_is_given_twice(saved: Path, machine: Machine, server: Path) -> None:
    restore.restore(saved, machine.settings, replace=False)
    assert int((server / "ca" / "serial").read_text(), 16) == 0xFF + restore.SKIPPED_SERIALS
    assert (server / "ca" / "serial").read_text() == "04E7"


def test_what_is_half_restored_starts_nothing_and_is_begun_anew(
    saved: Path, machine: Machine, server: Path, stand_in: StandIn
) -> None:
    before = (machine.root.parent / "bin" / "runuser").read_text()
    stand_in("runuser", "echo 'no space left' >&2; exit 1")
    with pytest.raises(
        CommandFailed,
        match=r"no space left\nhalf restored: neither Puppet Server nor PuppetDB starts, and puppet-agent\.timer, "
        r"code-deploy\.timer and puppet-backup\.timer stay stopped, until",
    ):
        restore.restore(saved, machine.settings, replace=False)
    assert machine.held() == [
        "puppetdb.service.d/unfinished-restore.conf",
        "puppetserver.service.d/unfinished-restore.conf",
    ]
    for held in machine.units.rglob("*.conf"):
        assert f"\nAssertPathExists=!{held}\n" in held.read_text()
    assert not [call for call in machine.calls() if "start puppetserver" in call]
    # it has the nodes of the backup by now, and is let through all the same
    stand_in("runuser", before.removeprefix("#!/bin/sh\n"))
    restore.restore(saved, machine.settings, replace=False)
    assert machine.held() == []
    assert (server / "ca.before-restore" / "ca_key.pem").read_text() == "new"
    assert (server / "autosign.key.before-restore").read_text() == "new"


def test_what_is_replaced_today_is_what_is_put_aside(saved: Path, machine: Machine, server: Path) -> None:
    restore.restore(saved, machine.settings, replace=False)
    (server / "ca" / "ca_key.pem").chmod(0o600)
    (server / "ca" / "ca_key.pem").write_text("of today")
    restore.restore(saved, machine.settings, replace=True)
    assert (server / "ca.before-restore" / "ca_key.pem").read_text() == "of today"
    assert (server / "ca" / "ca_key.pem").read_text() == "key"


class Killed(BaseException):
    """The restore was killed at this point."""


def kill_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Kill a restore just before its ``step``-th change or call; return what tells how many there were."""
    done = 0

    def counted(work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            nonlocal done
            done += 1
            if done == step:
                raise Killed
            return work(*arguments, **more)

        return call

    # shutil.rmtree stands for all that it removes: half of a tree, or none of it, is there for another call
    for where, name in (
        (os, "rename"),
        (shutil, "rmtree"),
        (subprocess, "run"),
        (Path, "rename"),
        (Path, "unlink"),
        (Path, "write_text"),
    ):
        monkeypatch.setattr(where, name, counted(getattr(where, name)))
    return lambda: done


def authorities(server: Path) -> set[str]:
    """The keys of the authorities that are here, in place or put aside."""
    return {
        (server / name / "ca_key.pem").read_text()
        for name in ("ca", "ca.before-restore")
        if (server / name / "ca_key.pem").exists()
    }


def go_live(server: Path) -> None:
    """Have the restored server of another day get another authority, which signs for a node."""
    (server / "ca" / "ca_key.pem").chmod(0o600)
    (server / "ca" / "ca_key.pem").write_text("of today")
    (server / "ca" / "signed" / "tts9.example.org.pem").write_text("of today")


def test_no_restore_that_is_killed_costs_the_authority_of_today(
    saved: Path, machine: Machine, server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore.restore(saved, machine.settings, replace=False)
    go_live(server)
    fresh = server.with_name("fresh")
    shutil.copytree(server, fresh, symlinks=True)
    step, asked = 0, 0
    while True:
        step += 1
        shutil.rmtree(server)
        shutil.copytree(fresh, server, symlinks=True)
        with monkeypatch.context() as patch:
            steps = kill_at(step, patch)
            with contextlib.suppress(Killed):
                restore.restore(saved, machine.settings, replace=True)
            if steps() < step:
                break
        in_place = (server / "ca" / "ca_key.pem").exists() and (
            server / "ca" / "ca_key.pem"
        ).read_text() == "of today"
        try:
            restore.restore(saved, machine.settings, replace=False)
        except FleetError as refused:
            # whoever did not get as far as the authority has to ask once more
            asked += in_place
            assert "--replace puts it aside" in str(refused) and (in_place or not machine.held())
        else:
            assert not in_place and authorities(server) == {"of today", "key"}
        assert "of today" in authorities(server), f"killed at change {step}"
    assert asked > 3 and step > 20


def test_a_server_with_nodes_is_not_overwritten_unasked(saved: Path, machine: Machine, server: Path) -> None:
    (server / "ca" / "signed" / "tts9.example.org.pem").write_text("another fleet's")
    with pytest.raises(FleetError, match=r"has signed for tts9.example.org: --replace puts it aside"):
        restore.restore(saved, machine.settings, replace=False)
    assert machine.calls() == [] and machine.held() == []
    restore.restore(saved, machine.settings, replace=True)
    assert (server / "ca.before-restore" / "signed" / "tts9.example.org.pem").exists()


def test_certificates_are_put_back_as_new_so_that_units_take_them(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "files.tar", "w") as tar:
        for name in ("ssl/certs/own.pem", "ssl/other"):
            tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    restore.put_files(tmp_path / "files.tar", [Path("/ssl")], tmp_path)
    assert (tmp_path / "ssl" / "other").stat().st_mtime == 0
    assert (tmp_path / "ssl" / "certs" / "own.pem").stat().st_mtime >= (
        tmp_path / "files.tar"
    ).stat().st_mtime - 1


def test_what_a_new_server_has_signed_for_its_own_watch_is_no_node(
    saved: Path, machine: Machine, server: Path
) -> None:
    (server / "ca" / "signed" / f"watch.{CERTNAME}.pem").write_text("of today")
    restore.restore(saved, machine.settings, replace=False)
    assert not (server / "ca" / "signed" / f"watch.{CERTNAME}.pem").exists(), (
        "the authority of the backup knows none"
    )


def test_what_does_not_start_is_all_put_back_and_the_timers_run(
    saved: Path, machine: Machine, stand_in: StandIn
) -> None:
    working = (machine.root.parent / "bin" / "systemctl").read_text()
    fails = (
        'case "$*" in "start puppetserver"*) echo "Job for puppetserver.service failed." >&2; exit 1 ;; esac'
    )
    stand_in("systemctl", f"{working}\n{fails}")
    with pytest.raises(CommandFailed) as failed:
        restore.restore(saved, machine.settings, replace=False)
    assert "Job for puppetserver.service failed.\nall is put back" in str(failed.value)
    assert "systemctl start puppetserver.service puppetdb.service" in str(failed.value)
    assert machine.held() == [], "else nobody could start them"
    assert machine.calls()[-1] == ("systemctl start puppet-agent.timer code-deploy.timer puppet-backup.timer")


def test_a_deploy_of_one_environment_is_stopped_too(saved: Path, machine: Machine) -> None:
    for unit in ("code-deploy.service", "code-deploy@.service", "puppet-agent.timer"):
        (machine.units / unit).touch()
    restore.restore(saved, machine.settings, replace=False)
    stopped = next(call for call in machine.calls() if call.startswith("systemctl stop "))
    assert stopped == (
        "systemctl stop puppet-agent.timer code-deploy.service code-deploy@*.service puppetserver.service "
        "puppetdb.service"
    )


def test_a_backup_that_is_not_there_says_where_they_are(machine: Machine, tmp_path: Path) -> None:
    with pytest.raises(FleetError) as refused:
        restore.restore(tmp_path / "nothing", machine.settings, replace=False)
    assert str(refused.value) == (
        f"{tmp_path}/nothing: does not exist, or is no folder (ls {machine.settings.directory} names backups)"
    )
    assert machine.calls() == []


def test_another_machines_backup_is_refused(saved: Path, machine: Machine) -> None:
    manifest = json.loads((saved / "manifest.json").read_text()) | {"certname": "other.example.org"}
    (saved / "manifest.json").write_text(json.dumps(manifest))  # and whoever verifies it is stood in for
    with pytest.raises(
        FleetError, match=r"is a backup of other\.example\.org, and this machine is puppet\.example\.org"
    ):
        restore.restore(saved, machine.settings, replace=True)
    assert machine.calls() == []


def test_a_damaged_backup_changes_nothing(saved: Path, machine: Machine, stand_in: StandIn) -> None:
    stand_in("puppet-backup", "echo 'puppet-backup: it is not what was written' >&2; exit 1")
    with pytest.raises(FleetError, match=r"^it is not what was written$"):
        restore.restore(saved, machine.settings, replace=True)
    assert machine.calls() == [] and machine.held() == []


@pytest.mark.parametrize(("name", "kind"), [("ca/../../x", tarfile.REGTYPE), ("ca/x", tarfile.CHRTYPE)])
def test_nothing_comes_out_of_an_archive_that_no_backup_holds(tmp_path: Path, name: str, kind: bytes) -> None:
    with tarfile.open(tmp_path / "files.tar", "w") as tar:
        member = tarfile.TarInfo(name)
        member.type = kind
        tar.addfile(member, io.BytesIO())
    with pytest.raises(FleetError, match="is nothing that a backup holds"):
        restore.put_files(tmp_path / "files.tar", [Path("/ca")], tmp_path / "root")
    assert not (tmp_path / "x").exists()


def test_what_an_overlay_does_not_rename_is_put_aside_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, beside = tmp_path / "ca", tmp_path / "ca.restored"
    for folder, word in ((place, "old"), (beside, "new")):
        (folder / "signed").mkdir(parents=True)
        (folder / "signed" / "key").write_text(word)
    (place / "signed" / "key").chmod(0o600)
    rename = Path.rename

    def of_an_image(self: Path, target: Path) -> Path:
        if self == place:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", of_an_image)
    restore._swap(beside, place)
    aside = tmp_path / "ca.before-restore" / "signed" / "key"
    assert (aside.read_text(), aside.stat().st_mode & 0o777) == ("old", 0o600)
    assert (place / "signed" / "key").read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ca", "ca.before-restore"]


def test_a_machine_that_is_no_server_says_so(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match="so this machine is no Puppet server"):
        backups.settings(tmp_path / "none")
    done = CliRunner().invoke(restore_verb, [str(tmp_path / "none")])
    assert isinstance(done.exception, FleetError) and done.exception.exit_code == 2


def test_the_newest_is_what_is_told(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match="there is no backup"):
        backups.newest(tmp_path)
    for name in ("2026-11-26T02-40-00Z", "2026-11-27T02-40-00Z", "2026-11-28T02-40-00Z.new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").touch()
    assert backups.newest(tmp_path).name == "2026-11-27T02-40-00Z"
