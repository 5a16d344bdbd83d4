"""The lab's hub, asked by the real client: ``hf download`` of huggingface_hub."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub._local_folder import get_local_download_paths

from generator.lab.hub import Hub, Span, span
from generator.lab.standin_weights import Bundle, make_weights


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bundle]:
    return make_weights(tmp_path_factory.getbasetemp() / "hub")


@pytest.fixture(scope="module")
def endpoint(bundles: dict[str, Bundle], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Hub(tmp_path_factory.getbasetemp() / "hub", ("127.0.0.1", 0)) as hub:
        threading.Thread(target=hub.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{hub.server_port}"
        hub.shutdown()


def hf_download(endpoint: str, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    hf = Path(sys.executable).with_name("hf")
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "HF_ENDPOINT": endpoint}
    return subprocess.run(
        [str(hf), "download", *arguments], env=environment, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize("named_by", ["commit", "branch"])
def test_the_real_client_downloads_a_bundle(
    endpoint: str, bundles: dict[str, Bundle], tmp_path: Path, named_by: str
) -> None:
    bundle = bundles["standin-2"]
    revision = bundle.revision if named_by == "commit" else "main"
    target = tmp_path / "weights"
    done = hf_download(
        endpoint, tmp_path, bundle.repository, "--revision", revision, "--local-dir", str(target)
    )
    assert done.returncode == 0, done.stderr
    found = {
        str(path.relative_to(target)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in target.rglob("*")
        if path.is_file() and ".cache" not in path.parts
    }
    assert found == bundle.files


def test_the_real_client_downloads_a_space(endpoint: str, bundles: dict[str, Bundle], tmp_path: Path) -> None:
    bundle = bundles["standin-2.5"]
    space = bundle.models[0]
    command = [space.repository.removeprefix("spaces/"), "--repo-type", "space", "--revision", space.revision]
    done = hf_download(endpoint, tmp_path, *command, "--local-dir", str(tmp_path / "demo"))
    assert done.returncode == 0, done.stderr
    for path in space.files:
        assert (tmp_path / "demo" / path).read_bytes() == bundle.all_files[f"{space.place}/{path}"]
    as_model = hf_download(endpoint, tmp_path, command[0], "--local-dir", str(tmp_path / "model"))
    assert "Repository Not Found" in as_model.stderr, "a model of that name is another"


def test_the_real_client_finishes_a_broken_download(
    endpoint: str, bundles: dict[str, Bundle], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What an earlier download left behind is gone on with, by a range, and not fetched again."""
    bundle = bundles["standin-2"]
    target = tmp_path / "weights"
    command = [bundle.repository, "gpt.pth", "--revision", bundle.revision, "--local-dir", str(target)]
    assert hf_download(endpoint, tmp_path, *command).returncode == 0
    whole = (target / "gpt.pth").read_bytes()
    # The client names a part by the file's name and ETag; it makes that name itself.
    part = get_local_download_paths(target, "gpt.pth").incomplete_path(str(bundle.files["gpt.pth"]))
    part.write_bytes(whole[:1_000_000])
    (target / "gpt.pth").unlink()
    capsys.readouterr()
    done = hf_download(endpoint, tmp_path, *command)
    assert done.returncode == 0, done.stderr
    assert (target / "gpt.pth").read_bytes() == whole
    assert re.search(r'"GET \S+/gpt.pth HTTP/1.1" 206 ', capsys.readouterr().err)


@pytest.mark.parametrize(
    ("repository", "revision", "sentence"),
    [
        ("lab/nobody", "main", "Repository Not Found"),
        ("lab/standin-2", "0" * 40, "Revision Not Found"),
    ],
)
def test_what_is_not_there_is_said_by_name(
    endpoint: str, tmp_path: Path, repository: str, revision: str, sentence: str
) -> None:
    done = hf_download(
        endpoint, tmp_path, repository, "--revision", revision, "--local-dir", str(tmp_path / "w")
    )
    assert done.returncode != 0
    assert sentence in done.stderr


@pytest.mark.parametrize("path", ["/lab/standin-2/resolve/main/%2e%2e/%2e%2e/%2e%2e/secret", "/../secret"])
def test_nothing_outside_the_root_is_served(
    endpoint: str, tmp_path_factory: pytest.TempPathFactory, path: str
) -> None:
    (tmp_path_factory.getbasetemp() / "secret").write_text("secret")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(endpoint + path, timeout=10)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, Span(0, 10)),
        ("bytes=4-", Span(4, 10)),
        ("bytes=4-6", Span(4, 7)),
        ("bytes=4-99", Span(4, 10)),
        ("bytes=10-", None),
        ("bytes=7-6", None),
        ("bytes=-3", Span(0, 10)),  # not understood: the whole file, as HTTP allows
    ],
)
def test_a_range_is_read(header: str | None, expected: Span | None) -> None:
    assert span(header, 10) == expected
