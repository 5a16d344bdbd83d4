"""A bundle is fetched from a bucket of S3, whatever breaks, and nobody gets to see by which secret."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.unit.weights.bucket import KEY, SECRET, Buckets
from tests.unit.weights.wire import Wire, wire
from weights import s3 as signing
from weights.bundle import File, dump
from weights.errors import WeightsError
from weights.fetch import fetch_folder
from weights.measure import measure
from weights.source import Access, Bundle, Source, find

pytestmark = pytest.mark.puppet  # what `make setup` installs as root: aria2, python3-botocore

MEGA = 2**20
FOLDER = "IndexTTS-2-740dcaf"
BUNDLE = Bundle(FOLDER, "IndexTeam/IndexTTS-2", "7" * 40)
CONTENT = {
    "gpt.pth": random.Random(0).randbytes(40 * MEGA + 5),
    "hf_cache/w2v/a+b.safetensors": random.Random(1).randbytes(3 * MEGA),
    "config.yaml": b"a: 1\n",
}
SIZE = sum(map(len, CONTENT.values()))
#: How a bundle in the bucket `weights` is named in messages.
NAME = f"s3://weights/mirror/{FOLDER}"


@pytest.fixture(scope="module")
def nas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has the bundle."""
    folder = tmp_path_factory.mktemp("nas")
    for path, content in CONTENT.items():
        (folder / FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / FOLDER / path).write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def files(nas: Path) -> tuple[File, ...]:
    return tuple(measure(str(nas / FOLDER), path) for path in CONTENT)


@pytest.fixture(scope="module")
def stored(s3: Buckets) -> Buckets:
    """A server whose bucket `weights` has the bundle; that in `damaged` differs in a byte, that in `part` lacks a file."""
    s3.put("weights", {f"mirror/{FOLDER}/{path}": content for path, content in CONTENT.items()})
    s3.put("damaged", {f"{FOLDER}/{path}": content[:-1] + b"x" for path, content in CONTENT.items()})
    s3.put("part", {f"{FOLDER}/config.yaml": CONTENT["config.yaml"]})
    return s3


@pytest.fixture
def line(stored: Buckets) -> Iterator[Wire]:
    with wire(stored.port) as line:
        yield line


@pytest.fixture(autouse=True)
def _no_identity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give the machine no identity of its own, which the client would ask the network for."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))


class Node:
    """Where a bundle is fetched to, with credentials as Puppet writes them."""

    def __init__(self, place: Path, endpoint: str, files: tuple[File, ...]) -> None:
        self.target, self.files, self.endpoint = place / "hub" / FOLDER, files, endpoint
        self.target.parent.mkdir()
        self.credentials = place / "indextts2.s3"
        self.know(KEY, SECRET)
        self.said: list[str] = []

    def know(self, key: str, secret: str, more: str = "") -> None:
        """Have these credentials."""
        text = f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n{more}"
        self.credentials.write_text(text)

    def source(self, text: str = "s3://weights/mirror", credentials: bool = True) -> Source:
        """Find a source as the program does that Puppet describes it to."""
        access = Access(self.endpoint, "us-east-1", str(self.credentials) if credentials else None)
        return find(text, BUNDLE, access=access)

    def fetch(self, *sources: Source, patience: int = 5, pauses: tuple[float, ...] = ()) -> None:
        """Fetch it."""
        fetch_folder(
            self.files, sources, str(self.target), self.said.append, pauses=pauses, patience=patience
        )

    @property
    def whole(self) -> bool:
        """Whether all of it is there, and nothing else."""
        found = [path for path in self.target.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.target)): path.read_bytes() for path in found} == CONTENT


@pytest.fixture
def node(tmp_path: Path, line: Wire, files: tuple[File, ...]) -> Node:
    return Node(tmp_path, line.url, files)


def no_secret(*texts: str) -> bool:
    """Whether none of ``texts`` has anything by which a bucket can be read."""
    return not any(word in text for text in texts for word in (KEY, SECRET, "X-Amz", "Signature"))


@pytest.mark.parametrize("python", [sys.executable, "/usr/bin/python3"])
def test_a_bundle_is_fetched_with_the_client_of_a_desk_and_of_a_node(
    node: Node, monkeypatch: pytest.MonkeyPatch, python: str
) -> None:
    monkeypatch.setattr(sys, "executable", python)
    node.fetch(node.source())
    assert node.whole
    assert node.said == []


def test_without_credentials_a_bucket_that_anybody_reads_is_read(node: Node, stored: Buckets) -> None:
    stored.put("public", {f"{FOLDER}/{path}": content for path, content in CONTENT.items()})
    stored.open("public")
    node.fetch(node.source("s3://public", credentials=False))
    assert node.whole


def test_a_secret_that_is_wrong_is_named_as_such_and_the_next_source_helps(
    node: Node, nas: Path, line: Wire
) -> None:
    node.know(KEY, SECRET[:-1])
    node.fetch(node.source(), node.source(str(nas)))
    assert node.whole
    (said,) = node.said
    assert said.startswith(f"{NAME}: ") and "status=403 (its credentials are wrong or may not read it" in said
    assert no_secret(said)


@pytest.mark.parametrize("text", ["s3://none/mirror", "s3://weights/none", "s3://part"])
def test_what_is_not_there_is_named_and_the_next_source_helps(node: Node, nas: Path, text: str) -> None:
    node.fetch(node.source(text), node.source(str(nas)))
    assert node.whole
    assert node.said == [f"{text}/{FOLDER}: Resource not found"]


def test_without_another_source_nothing_appears_and_no_secret_is_told(node: Node) -> None:
    node.know("AKIANOBODY", SECRET)
    with pytest.raises(WeightsError) as caught:
        node.fetch(node.source())
    assert not node.target.exists()
    assert f"\n  {NAME}: " in str(caught.value) and "status=403" in str(caught.value)
    assert no_secret(str(caught.value), *node.said)


def test_wrong_bytes_are_named_and_their_bucket_is_dropped(node: Node, nas: Path) -> None:
    node.fetch(node.source("s3://damaged"), node.source(str(nas)), pauses=(0.1,))
    assert node.whole
    (said,) = node.said
    assert said.startswith(f"s3://damaged/{FOLDER}: serves wrong bytes of ")


def test_a_signature_that_expires_on_the_way_is_made_anew(
    node: Node, line: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "SIGNED_FOR", 3)
    made = []

    def sign(source: Source, paths: list[str], sign: Callable[..., Source] = signing.sign) -> Source:
        made.append(paths)
        return sign(source, paths)

    monkeypatch.setattr(signing, "sign", sign)
    line.breaks, line.rate = 8 * MEGA, 5 * MEGA // 2  # each connection is cut when its signature has expired
    node.fetch(node.source())
    assert node.whole
    assert len(made) > 1
    assert not [said for said in node.said if "s3:" in said], "it is no trouble"
    assert line.sent <= 1.05 * SIZE


def test_a_killed_fetch_goes_on_where_it_ended(node: Node, line: Wire, tmp_path: Path) -> None:
    killed = _in_a_process_of_its_own(node, tmp_path)
    _until(lambda: line.sent > SIZE // 2)
    line.hangs.set()
    hung = time.time()
    # aria2 notes every 5 s what it has, if that is more: then all that came in before the hang is noted.
    _until(lambda: time.time() > 6 + max([hung, *_noted_at(node.target.parent)]))
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not node.target.exists()
    line.hangs.clear()
    before = line.sent
    node.fetch(node.source())
    assert node.whole
    assert line.sent - before <= 0.6 * SIZE


def test_no_signature_is_in_a_file_or_on_a_command_line(node: Node, line: Wire, tmp_path: Path) -> None:
    running = _in_a_process_of_its_own(node, tmp_path)
    _until(lambda: line.sent > MEGA)
    line.hangs.set()
    try:
        lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")]
        assert [line for line in lines if b"aria2c" in line and str(node.target).encode() in line]
        written = [
            path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path != node.credentials
        ]
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    assert not [text for text in [*lines, *written] if b"X-Amz" in text or SECRET.encode() in text]


@pytest.mark.parametrize("away", ["missing", "no file"])
def test_credentials_that_cannot_be_read_are_named(node: Node, nas: Path, away: str) -> None:
    node.credentials.unlink()
    if away == "no file":
        node.credentials.mkdir()
    node.fetch(node.source(), node.source(str(nas)))
    assert node.whole
    why = "Is a directory" if away == "no file" else "No such file or directory"
    assert node.said == [f"{NAME}: {node.credentials}: {why} (a Puppet run puts it back)"]


def test_credentials_that_are_none_are_named_and_not_told(node: Node, nas: Path) -> None:
    node.credentials.write_text(f"{KEY} {SECRET}\n")
    node.fetch(node.source(), node.source(str(nas)))
    assert node.whole
    assert node.said == [
        f"{NAME}: its addresses cannot be signed: Unable to parse config file: {node.credentials}"
    ]


def test_a_server_that_does_not_answer_is_named(node: Node, nas: Path, line: Wire) -> None:
    node.endpoint = "http://127.0.0.1:9"
    gone = node.source()
    node.endpoint = line.url
    line.hangs.set()
    node.fetch(gone, node.source("s3://part"), node.source(str(nas)), patience=1)
    assert node.whole
    assert sorted(node.said) == [
        f"s3://part/{FOLDER}: Timeout.",
        f"{NAME}: Failed to establish connection, cause: Connection refused",
    ]


def test_a_node_without_the_client_says_what_to_install(
    node: Node, nas: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "python"
    bare.write_text('#!/bin/sh\nexec /usr/bin/python3 -S "$@"\n')
    bare.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(bare))
    node.fetch(node.source(), node.source(str(nas)))
    assert node.whole
    said = "botocore is not installed (the package python3-botocore has it; in a clone, make setup)"
    assert node.said == [f"{NAME}: its addresses cannot be signed: {said}"]


def test_a_token_of_a_session_is_signed_with(node: Node) -> None:
    node.know(KEY, SECRET, "aws_session_token = a-token\n")
    assert "&X-Amz-Security-Token=a-token&" in signing.sign(node.source(), ["gpt.pth"]).at("gpt.pth")


@pytest.mark.parametrize("python", [sys.executable, "/usr/bin/python3"])
def test_amazon_is_asked_at_the_address_of_the_region(monkeypatch: pytest.MonkeyPatch, python: str) -> None:
    monkeypatch.setattr(sys, "executable", python)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    source = find("s3://weights/with/a/prefix/", BUNDLE, access=Access(region="eu-central-1"))
    address, _, signature = signing.sign(source, ["a+b.pth"]).at("a+b.pth").partition("?")
    assert address == f"https://s3.eu-central-1.amazonaws.com/weights/with/a/prefix/{FOLDER}/a%2Bb.pth"
    assert "%2Feu-central-1%2Fs3%2Faws4_request" in signature


@pytest.mark.parametrize(
    "text", ["s3://", "s3:///weights", "s3://ab", "s3://key@weights", "s3://weights/a b", "S3://weights"]
)
def test_what_is_no_bucket_is_refused(text: str) -> None:
    with pytest.raises(WeightsError, match="is no source"):
        find(text, BUNDLE)


def _in_a_process_of_its_own(node: Node, place: Path) -> subprocess.Popen[bytes]:
    (place / "list.json").write_text(dump(node.files))
    program = (
        "import sys; from weights.bundle import parse; from weights.fetch import fetch_folder;"
        "from weights.source import Access, Source;"
        "source = Source(sys.argv[3], access=Access(sys.argv[4], 'us-east-1', sys.argv[5]));"
        "fetch_folder(parse(open(sys.argv[1]).read()), [source], sys.argv[2], print, patience=60)"
    )
    told = [str(place / "list.json"), str(node.target), NAME, node.endpoint, str(node.credentials)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(place)}
    return subprocess.Popen([sys.executable, "-c", program, *told], env=environment, start_new_session=True)


def _noted_at(folder: Path) -> Iterator[float]:
    """When aria2 wrote each of its notes; it replaces one by another, and then there is none for a moment."""
    for path in folder.rglob("*.aria2"):
        with suppress(FileNotFoundError):
            yield path.stat().st_mtime


def _until(holds: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)
