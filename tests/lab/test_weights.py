"""Weights on a node: they arrive while what is there serves, whatever breaks, and what rots is noticed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from generator.lab.standin import RELEASES
from generator.lab.standin_weights import make_weights
from tests.lab.serving import CLIENTS, NODE, fails, status, wait_for, while_running
from tests.unit.weights.bucket import KEY, SECRET, buckets
from tests.unit.weights.server import MEGA, serve, wait_until_sent
from tests.unit.weights.wire import Wire, wire

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet
    from tests.load import Load

pytestmark = pytest.mark.usefixtures("settled")

HOST = "10.77.0.1"
CACHE = "/opt/indextts2/cache_hub"
#: Read by the whole environment, and decrypted by the server alone.
SECRETS = "hieradata/secrets/staging.yaml"
ENCRYPT = "eyaml encrypt --stdin --output=string --pkcs7-public-key=/etc/puppet/eyaml/public_key.pkcs7.pem | tail -n 1"
#: Where the key of a bucket is on a node, and all that may show more of it than its owner sees.
CREDENTIALS = "/etc/weights/indextts2.s3"
SHOWN = "ps axww -o args; journalctl --no-pager --since=-10min; cat $(puppet config print statedir)/*.yaml"


@pytest.fixture
def files(fleet: Fleet, new: str) -> dict[str, bytes]:
    """The weights of the new release as a mirror has them; the node has nothing of them."""
    name = RELEASES[new].weights
    fleet.sh(NODE, f"rm -rf {CACHE}/{name}-* {CACHE}/store /opt/indextts2/releases/{new}-*")
    bundle = make_weights(fleet.lab.folders.state / "hub")[name]
    folder = f"{name}-{bundle.revision[:7]}"
    return {f"{folder}/{path}": content for path, content in bundle.all_files.items()}


def kill(fleet: Fleet) -> None:
    """Kill the agent, and what fetches for it."""
    fleet.sh(NODE, "pkill -9 -f '[p]uppet agent'; pkill -9 -u tts-build; true")


def cut_power(fleet: Fleet) -> None:
    """Cut the power, and bring it back."""
    fleet.lab.cut_power(NODE)
    fleet.lab.restore_power(NODE)
    fleet.wait(NODE, "curl --silent --fail --max-time 5 http://127.0.0.1:7860/config", 60)


@pytest.mark.parametrize("cut", [kill, pytest.param(cut_power, marks=pytest.mark.faults)])
def test_a_fetch_that_is_cut_off_goes_on_and_the_old_release_serves_meanwhile(
    fleet: Fleet, files: dict[str, bytes], cut: object, old: str, new: str
) -> None:
    assert callable(cut)
    with serve(files, "stalls", HOST) as mirror:
        fleet.serve(new, weights_sources=[mirror.url])

        def in_the_middle() -> None:
            wait_until_sent(mirror, MEGA, 90)
            cut(fleet)

        run = while_running(fleet, in_the_middle)
        assert run.code not in (0, 2), run.output
        assert fleet.release(NODE) == old
        before = mirror.sent
        mirror.wrong = ""
        fleet.converge(NODE)
        assert mirror.sent - before <= sum(map(len, files.values()))
    assert fleet.release(NODE) == new
    fleet.converge(NODE, changes=False)


def test_a_mirror_with_wrong_bytes_is_named_and_the_next_source_helps(
    fleet: Fleet, files: dict[str, bytes], load: Load, new: str
) -> None:
    with serve(files, "lies", HOST) as liar:
        fleet.serve(new, weights_sources=[liar.url, "hub"])
        output = fleet.converge(NODE)
        assert f"{liar.url}/" in output and "serves wrong bytes" in output, output
    assert fleet.release(NODE) == new
    wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []


def test_without_a_source_the_old_release_serves_and_each_source_is_named(
    fleet: Fleet, files: dict[str, bytes], old: str, new: str
) -> None:
    with serve(files, "404", HOST) as mirror:
        fleet.serve(new, weights_sources=["/mnt/nas", mirror.url])
        output = fails(fleet)
    assert "/mnt/nas/" in output and f"{mirror.url}/" in output, output
    assert fleet.release(NODE) == old
    fleet.serve(new)
    fleet.converge(NODE)
    assert fleet.release(NODE) == new


def test_what_rots_in_silence_is_found_by_the_weekly_reading(fleet: Fleet, old: str) -> None:
    path = f"{CACHE}/{RELEASES[old].weights}-*/gpt.pth"
    digest = fleet.sh(NODE, f"sha256sum {path}")
    rot = "printf x | dd of=$path bs=1 seek=1000 conv=notrunc && touch --date=@400000001 $path"
    fleet.sh(NODE, f"path=$(echo {path}) && {rot}")
    fleet.converge(NODE, changes=False)
    assert fleet.sh(NODE, f"sha256sum {path}") != digest
    fleet.sh(NODE, "systemctl start indextts2-weights.service")
    said = fleet.sh(NODE, "journalctl --unit=indextts2-weights.service --output=cat")
    assert f"kept as {CACHE}/store/damaged/" in said, said
    assert fleet.sh(NODE, f"sha256sum {path}") == digest
    fleet.converge(NODE, changes=False)


@pytest.fixture
def bucket(fleet: Fleet, files: dict[str, bytes], tmp_path: Path) -> Iterator[Wire]:
    """A server of S3 whose bucket `weights` has them, and whose key the data of the environment has, encrypted."""
    with buckets(tmp_path) as server, wire(server.port, HOST) as line:
        server.put("weights", {f"mirror/{path}": content for path, content in files.items()})
        key = {"access_key_id": KEY, "secret_access_key": SECRET}
        encrypted = {
            name: fleet.sh("puppet", f"printf %s '{text}' | {ENCRYPT}") for name, text in key.items()
        }
        secrets = yaml.safe_dump({"indextts2::weights_s3_credentials": encrypted}, width=10_000)
        fleet.lab.commit({SECRETS: secrets}, "Have a key of S3")
        yield line
    fleet.lab.commit({SECRETS: None}, "Have no secret")


def test_weights_come_from_a_bucket_and_nobody_sees_by_which_key(
    fleet: Fleet, bucket: Wire, files: dict[str, bytes], new: str
) -> None:
    fleet.serve(new, weights_sources=["s3://weights/mirror"], weights_s3_endpoint=bucket.url)
    bucket.rate = MEGA
    shown = []

    def look() -> None:
        fleet.until(lambda: bucket.sent > MEGA, 240, "weights arrive")
        bucket.hangs.set()
        shown.append(fleet.sh(NODE, SHOWN, check=False))
        bucket.hangs.clear()

    run = while_running(fleet, look)
    assert run.code == 2, run.output
    assert fleet.release(NODE) == new
    assert "aria2c" in shown[0]
    assert bucket.sent <= 1.1 * sum(map(len, files.values()))
    assert fleet.sh(NODE, f"stat --format='%U %G %a' {CREDENTIALS}") == "tts-build tts-build 400"
    # the weekly reading has the key as well
    damage = "printf x | dd of=$path bs=1 seek=1000 conv=notrunc"
    fleet.sh(NODE, f"path=$(echo {CACHE}/{RELEASES[new].weights}-*/gpt.pth) && {damage}")
    fleet.sh(NODE, "systemctl start indextts2-weights.service")
    fleet.converge(NODE, changes=False)
    for text in (run.output, *shown, fleet.sh(NODE, SHOWN, check=False)):
        assert not [word for word in (KEY, SECRET, "X-Amz-Signature") if word in text], text

    fleet.lab.commit({SECRETS: None}, "Have no secret")
    fleet.serve(new)
    fleet.converge(NODE)
    assert not fleet.holds(NODE, f"test -e {CREDENTIALS}")


def test_a_key_of_a_bucket_that_is_wrong_is_named_and_the_next_source_helps(
    fleet: Fleet, bucket: Wire, new: str
) -> None:
    secret = fleet.sh("puppet", f"printf %s another | {ENCRYPT}")
    key = {"indextts2::weights_s3_credentials": {"access_key_id": KEY, "secret_access_key": secret}}
    fleet.lab.commit({SECRETS: yaml.safe_dump(key, width=10_000)}, "Have a key that is wrong")
    fleet.serve(new, weights_sources=["s3://weights/mirror", "hub"], weights_s3_endpoint=bucket.url)
    output = fleet.converge(NODE)
    assert "s3://weights/mirror/" in output and "status=403" in output, output
    assert "X-Amz" not in output
    assert fleet.release(NODE) == new


def test_old_weights_are_named_and_go_when_somebody_says_so(
    fleet: Fleet, load: Load, old: str, new: str
) -> None:
    bundle = fleet.sh(NODE, f"cd {CACHE} && echo {RELEASES[old].weights}-*")
    fleet.serve(new, keep_releases=1)
    fleet.converge(NODE)
    assert bundle not in status(fleet)["weights"]["old"], "a rollback takes them"
    # by another unit, before which was the new release, and no longer the old one
    fleet.serve(new, keep_releases=1, verbose=True)
    fleet.converge(NODE)
    assert status(fleet)["weights"]["old"][bundle]["bytes"] > 0
    assert f"old weights: {bundle}, " in fleet.sh(NODE, "releases status")
    fleet.converge(NODE, changes=False)
    assert fleet.holds(NODE, f"test -d {CACHE}/{bundle}"), "Puppet deletes no weights"

    used = f"du --summarize --block-size=1 {CACHE} | cut -f 1"
    before = int(fleet.sh(NODE, used))
    size = status(fleet)["weights"]["old"][bundle]["bytes"]
    assert f"deleted {bundle}, which frees " in fleet.sh(NODE, "releases indextts2 prune --weights")
    assert before - int(fleet.sh(NODE, used)) >= size
    assert status(fleet)["weights"] == {"old": {}, "trouble": None}
    assert not fleet.holds(NODE, f"test -e {CACHE}/{bundle}")
    wait_for(fleet, load, CLIENTS)
    fleet.converge(NODE, changes=False)

    fleet.serve(old)
    fleet.converge(NODE)
    assert fleet.release(NODE) == old
    assert fleet.holds(NODE, f"weights indextts2 check {bundle}")
    wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []
    fleet.converge(NODE, changes=False)
