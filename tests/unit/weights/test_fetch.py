"""A bundle is fetched from sources that break: all of it is right, or none of it is there."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.unit.weights.server import MEGA, Server, serve, wait_until_sent
from weights.bundle import File, dump
from weights.errors import WeightsError
from weights.fetch import PARTIAL, fetch_folder
from weights.measure import measure
from weights.source import Source

pytestmark = pytest.mark.puppet  # what `make setup` installs as root: aria2

CONTENT = {
    "gpt.pth": random.Random(0).randbytes(40 * MEGA + 5),
    "hf_cache/w2v/model.safetensors": random.Random(1).randbytes(3 * MEGA),
    "config.yaml": b"a: 1\n",
}
SIZE = sum(map(len, CONTENT.values()))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has the bundle."""
    folder = tmp_path_factory.mktemp("source")
    for path, content in CONTENT.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def files(source: Path) -> tuple[File, ...]:
    return tuple(measure(str(source), path) for path in CONTENT)


class Node:
    """Where a bundle is fetched to."""

    def __init__(self, folder: Path, files: tuple[File, ...]) -> None:
        self.target, self.files = folder / "hub" / "IndexTTS-2-740dcaf", files
        self.target.parent.mkdir()
        self.said: list[str] = []

    def fetch(self, *sources: str, patience: int = 2, pauses: tuple[float, ...] = ()) -> None:
        """Fetch it."""
        places = [Source(source) for source in sources]
        fetch_folder(self.files, places, str(self.target), self.said.append, pauses=pauses, patience=patience)

    @property
    def whole(self) -> bool:
        """Whether all of it is there, and nothing else."""
        found = {
            str(path.relative_to(self.target)): path.read_bytes()
            for path in self.target.rglob("*")
            if path.is_file()
        }
        return found == CONTENT and not os.path.exists(f"{self.target}{PARTIAL}")


@pytest.fixture
def node(tmp_path: Path, files: tuple[File, ...]) -> Node:
    return Node(tmp_path, files)


@pytest.mark.parametrize("kind", ["folder", "web"])
def test_a_bundle_is_fetched_and_not_fetched_again(node: Node, source: Path, kind: str) -> None:
    with serve(CONTENT) as server:
        node.fetch(str(source) if kind == "folder" else server.url)
        assert node.whole
        node.fetch("/there/is/none")
    assert node.said == []


def test_a_server_that_closes_again_and_again_costs_no_byte_twice(node: Node) -> None:
    with serve(CONTENT, "breaks") as server:
        node.fetch(server.url, pauses=(0.1, 0.1))
        assert node.whole
        assert server.sent <= 1.02 * SIZE


def test_a_server_that_knows_no_ranges_sends_each_file_whole(node: Node) -> None:
    with serve(CONTENT, "no ranges") as server:
        node.fetch(server.url)
        assert node.whole
    assert node.said == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("404", "Resource not found"),
        ("403", "status=403"),
        ("500", "status=500"),
        ("lies", "serves wrong bytes"),
        ("short", "Invalid range header"),
        ("elsewhere", "Connection refused"),
        ("stalls", "Timeout"),
        ("expired", "`expired'"),
    ],
)
def test_a_source_that_cannot_help_is_named_and_the_next_one_does(
    node: Node, source: Path, wrong: str, said: str
) -> None:
    with serve(CONTENT, wrong) as server:
        node.fetch(server.url, str(source))
        assert node.whole
        assert any(line.startswith(f"{server.url}: ") and said in line for line in node.said), node.said


@pytest.mark.parametrize("wrong", ["404", "lies", "stalls"])
def test_without_another_source_nothing_appears_and_all_are_named(
    node: Node, tmp_path: Path, wrong: str
) -> None:
    with serve(CONTENT, wrong) as server, pytest.raises(WeightsError) as caught:
        node.fetch(server.url, str(tmp_path / "nas"), patience=1)
    assert not node.target.exists()
    assert f"{server.url}: " in str(caught.value)
    assert f"{tmp_path}/nas: " in str(caught.value) and "No such file or directory" in str(caught.value)


def test_a_source_that_comes_back_is_asked_again(node: Node) -> None:
    with serve(CONTENT, "500") as server:
        back = threading.Timer(1, setattr, (server, "wrong", ""))
        back.start()
        node.fetch(server.url, pauses=(0.2, 2))
        back.join()
    assert node.whole
    assert [line for line in node.said if "status=500" in line] == node.said, "it is said once"
    assert len(node.said) == 1


def test_how_far_it_is_is_said(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weights.fetch._SAY_EVERY", 0.2)
    with serve(CONTENT, "stalls") as server, pytest.raises(WeightsError):
        node.fetch(server.url, patience=1)
    assert any(line.endswith(" of 0.04 GiB") and not line.startswith("0.00 ") for line in node.said), (
        node.said
    )


def test_what_was_wrong_is_not_kept(node: Node, source: Path) -> None:
    with serve(CONTENT, "lies") as server, pytest.raises(WeightsError):
        node.fetch(server.url)
    node.fetch(str(source))
    assert node.whole


def test_a_folder_that_has_wrong_bytes_is_named_and_the_next_one_helps(
    node: Node, source: Path, tmp_path: Path
) -> None:
    nas = tmp_path / "nas"
    nas.mkdir()
    (nas / "gpt.pth").write_bytes(CONTENT["gpt.pth"][:-1] + b"x")
    node.fetch(str(nas), str(source))
    assert node.whole
    assert node.said == [f"{nas}: serves wrong bytes of gpt.pth"]


def test_a_folder_that_hangs_is_given_up(node: Node, source: Path, tmp_path: Path) -> None:
    nas = tmp_path / "nas"
    nas.mkdir()
    os.mkfifo(nas / "gpt.pth")  # like a mount whose server is gone: to open it does not come back
    node.fetch(str(nas), str(source), patience=1)
    assert node.whole
    assert node.said == [f"{nas}: does not answer"]


def test_several_servers_share_the_work_and_a_liar_among_them_does_no_harm(node: Node) -> None:
    with ExitStack() as stack:
        one, other, liar = (stack.enter_context(serve(CONTENT, wrong)) for wrong in ("", "", "lies"))
        node.fetch(one.url, other.url, liar.url, pauses=(0.1, 0.1))
        assert node.whole
        assert min(one.sent, other.sent) > 0


def test_what_has_no_pieces_is_fetched_anew_after_a_wrong_answer(node: Node) -> None:
    # as packages of an index, of some of which a lock has no size
    node.files = tuple(file._replace(size=None, pieces=()) for file in node.files)
    wrong = {path: content[:300] for path, content in CONTENT.items()}
    with serve(wrong) as server:
        with pytest.raises(WeightsError, match=r"serves wrong bytes of gpt.pth"):
            node.fetch(server.url)
        server.files = CONTENT
        node.fetch(server.url)
    assert node.whole


def test_a_hub_is_not_asked_while_a_mirror_can_help(node: Node) -> None:
    with serve(CONTENT) as mirror, serve(CONTENT) as hub:
        sources = [Source(mirror.url), Source(hub.url, is_hub=True)]
        fetch_folder(node.files, sources, str(node.target), node.said.append, pauses=())
        assert hub.sent == 0
    assert node.whole and node.said == []


def test_a_killed_fetch_goes_on_where_it_ended(node: Node, files: tuple[File, ...], tmp_path: Path) -> None:
    listing = tmp_path / "list.json"
    listing.write_text(dump(files))
    program = (
        "import sys; from weights.bundle import parse; from weights.fetch import fetch_folder;"
        "from weights.source import Source;"
        "places = [Source(text) for text in sys.argv[3:]];"
        "fetch_folder(parse(open(sys.argv[1]).read()), places, sys.argv[2], print, patience=30)"
    )
    slow: Server
    with serve(CONTENT, "stalls") as slow:
        command = [sys.executable, "-c", program, str(listing), str(node.target), slow.url]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        killed = subprocess.Popen(command, env=environment, start_new_session=True)
        wait_until_sent(slow, 2 * MEGA)
        os.killpg(killed.pid, signal.SIGKILL)
        killed.wait()
    assert not node.target.exists()
    with serve(CONTENT) as server:
        node.fetch(server.url)
        assert node.whole
        assert server.sent <= SIZE


def test_two_at_once_fetch_it_once(node: Node) -> None:
    with serve(CONTENT) as server:
        callers = [threading.Thread(target=node.fetch, args=(server.url,)) for _ in range(2)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        assert node.whole
        assert server.sent == SIZE


def test_a_bundle_that_nobody_locked_is_not_fetched(node: Node, source: Path) -> None:
    node.files = (*node.files, File("wav2vec2bert_stats.pt"))
    with pytest.raises(WeightsError, match=r"nobody has locked wav2vec2bert_stats\.pt"):
        node.fetch(str(source))
    assert not node.target.exists()


def test_a_disk_without_room_is_said_before_it_is_full(
    node: Node, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = list(os.statvfs(node.target.parent))
    found[4] = (SIZE - MEGA) // found[1]  # blocks that are free
    monkeypatch.setattr("os.statvfs", lambda place: os.statvfs_result(found))
    with pytest.raises(WeightsError, match=r"No space left on device: 43 MiB are to come, 42 MiB are free"):
        node.fetch(str(source))
    assert not node.target.exists()
