"""Weights from a bucket, whose key is a secret of the whole environment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from generator.lab.standin import RELEASES
from tests.lab.serving import CACHE, HOST, NODE, while_running
from tests.unit.weights.bucket import KEY, SECRET, buckets
from tests.unit.weights.server import MEGA
from tests.unit.weights.wire import Wire, wire

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

pytestmark = [pytest.mark.usefixtures("settled"), pytest.mark.faults]

#: Where the key of a bucket is on a node, and all that may show more of it than its owner sees.
CREDENTIALS = "/etc/weights/indextts2.s3"
SHOWN = "ps axww -o args; journalctl --no-pager --since=-10min; cat $(puppet config print statedir)/*.yaml"


@pytest.fixture
def bucket(fleet: Fleet, files: dict[str, bytes], tmp_path: Path) -> Iterator[Wire]:
    """A server of S3 whose bucket `weights` has them, and whose key the data of the environment has, encrypted."""
    with buckets(tmp_path) as server, wire(server.port, HOST) as line:
        server.put("weights", {f"mirror/{path}": content for path, content in files.items()})
        key = {"access_key_id": KEY, "secret_access_key": SECRET}
        fleet.keep_secrets({"indextts2::weights_s3_credentials": key})
        yield line
    fleet.keep_secrets(None)


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

    fleet.keep_secrets(None)
    fleet.serve(new)
    fleet.converge(NODE)
    assert not fleet.holds(NODE, f"test -e {CREDENTIALS}")


def test_a_key_of_a_bucket_that_is_wrong_is_named_and_the_next_source_helps(
    fleet: Fleet, bucket: Wire, new: str
) -> None:
    key = {"access_key_id": KEY, "secret_access_key": "another"}
    fleet.keep_secrets({"indextts2::weights_s3_credentials": key})
    fleet.serve(new, weights_sources=["s3://weights/mirror", "hub"], weights_s3_endpoint=bucket.url)
    output = fleet.converge(NODE)
    assert "s3://weights/mirror/" in output and "status=403" in output, output
    assert "X-Amz" not in output
    assert fleet.release(NODE) == new
