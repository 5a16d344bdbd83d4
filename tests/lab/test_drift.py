"""What somebody changes by hand is put right by the next run, and by nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.lab.serving import CLIENTS, NODE, wait_for

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet
    from tests.load import Load

FRONT = "indextts2-front.service"
#: The unit of the slot that serves, whichever that is.
UNIT = "$(systemctl list-units --plain --no-legend --all 'indextts2-webui@*' | cut -d ' ' -f 1)"
PROCESS = f"systemctl show --property=MainPID --value {UNIT}"
HERE = "cd /opt/indextts2/releases/v23-*/"
WEIGHTS = "cd /opt/indextts2/cache_hub/standin-2-*/"
FETCHED = "Exec[indextts2: weights "


class Drift(NamedTuple):
    """A change by hand, how one sees that it is not there, and what the run then says it did.

    ``restarts``: whether the service has to be started again, because what it runs was touched. ``felt``: whether
    it takes something from clients by itself. ``rare``: whether `make test` leaves it out.
    """

    by_hand: str
    is_right: str
    corrected: str
    restarts: bool = False
    felt: bool = False
    rare: bool = False


def is_right(weights: str) -> str:
    """Say whether a file of weights has the bytes that a blob is named by, as a shell script."""
    return f"{WEIGHTS} && test -f /opt/indextts2/cache_hub/store/blobs/$(sha256sum {weights} | cut -c -64)"


DRIFTS = {
    "web UI stopped": Drift(
        f"systemctl stop {UNIT}",
        "test $(systemctl is-active 'indextts2-webui@0-blue.service' 'indextts2-webui@0-green.service' |"
        " grep -cx active) = 1",
        "Exec[indextts2: serve ",
        restarts=True,
        felt=True,
    ),
    "front disabled": Drift(
        f"systemctl disable {FRONT}", f"systemctl is-enabled {FRONT}", f"Service[{FRONT}]/enable"
    ),
    "start at boot disabled": Drift(
        "systemctl disable releases@indextts2.service",
        "systemctl is-enabled releases@indextts2.service",
        "Service[releases@indextts2.service]/enable",
    ),
    "front's configuration edited": Drift(
        "echo '# by hand' >> /etc/indextts2/front/haproxy.cfg && systemctl reload indextts2-front.service",
        "! grep -q 'by hand' /etc/indextts2/front/haproxy.cfg",
        "File[/etc/indextts2/front/haproxy.cfg]/content",
    ),
    "front's note of what it has loaded deleted": Drift(
        "rm /run/indextts2-front/loaded",
        "test -s /run/indextts2-front/loaded",
        "Exec[indextts2: reload the front]",
    ),
    "front's note of what it has loaded damaged": Drift(
        "head -c 100 /dev/urandom > /run/indextts2-front/loaded",
        "sha256sum --check --status /run/indextts2-front/loaded",
        "Exec[indextts2: reload the front]",
        rare=True,
    ),
    "front's map deleted": Drift(
        "rm /var/lib/releases/indextts2.map",
        "test -f /var/lib/releases/indextts2.map",
        "File[/var/lib/releases/indextts2.map]/ensure",
        rare=True,
    ),
    "front stopped": Drift(
        f"systemctl stop {FRONT}", f"systemctl is-active {FRONT}", f"Service[{FRONT}]/ensure", felt=True
    ),
    "unit edited": Drift(
        f"sed -i 's/^RestartSec=.*/RestartSec=77/' /etc/systemd/system/{UNIT} && systemctl daemon-reload",
        f"systemctl show --property=RestartUSec {UNIT} | grep -qx RestartUSec=2s",
        "Exec[indextts2: serve ",
    ),
    "state damaged": Drift(
        "head -c 300 /dev/urandom > /var/lib/releases/indextts2.json",
        'releases indextts2 status --json | grep -q \'"wanted": "v23-\'',
        "Exec[indextts2: serve ",
    ),
    "configuration deleted": Drift(
        "rm /etc/indextts2/release.json",
        "test -s /etc/indextts2/release.json",
        "File[/etc/indextts2/release.json]/ensure",
    ),
    "checkout file deleted": Drift(
        f"{HERE} && rm webui.py",
        f"{HERE} && test -s webui.py",
        "Exec[indextts2: restore checkout ",
        restarts=True,
        rare=True,
    ),
    "checkout edited": Drift(
        f"{HERE} && echo '# by hand' >> webui.py",
        f"{HERE} && ! grep -q 'by hand' webui.py",
        "Exec[indextts2: restore checkout ",
        restarts=True,
    ),
    "checkout file owner changed": Drift(
        f"{HERE} && chown tts-user webui.py",
        f"{HERE} && test $(stat -c %U webui.py) = tts-build",
        "Exec[indextts2: restore owners]",
    ),
    "owner of the whole release changed": Drift(
        f"{HERE} && find . -path ./.venv -prune -o -exec chown -h root {{}} +",
        f"{HERE} && test $(stat -c %U .) = tts-build && test $(stat -c %U .git/HEAD) = tts-build",
        "Exec[indextts2: restore owners]",
    ),
    "tables of the text normaliser deleted": Drift(
        f"{HERE} && rm -r indextts/utils/tagger_cache",
        f"{HERE} && test -s indextts/utils/tagger_cache/zh_tn_tagger.fst",
        "Exec[indextts2: fill indextts/utils/tagger_cache of ",
    ),
    "weights made writable": Drift(
        f"{WEIGHTS} && chmod g+w bpe.model && chown tts-user bpe.model",
        f"{WEIGHTS} && test $(stat -c %U:%a bpe.model) = tts-build:444",
        "Exec[indextts2: restore owners]",
    ),
    "a model's revision changed": Drift(
        f"{WEIGHTS} && echo | tee hub/models--*/refs/main", is_right("hub/models--*/refs/main"), FETCHED
    ),
    "weights truncated": Drift(f"{WEIGHTS} && truncate -s -1 gpt.pth", is_right("gpt.pth"), FETCHED),
    "weights changed in one byte": Drift(
        f"{WEIGHTS} && printf x | dd of=s2mel.pth bs=1 seek=1000 conv=notrunc", is_right("s2mel.pth"), FETCHED
    ),
    "weights deleted": Drift(
        f"{WEIGHTS} && rm wav2vec2bert_stats.pt", is_right("wav2vec2bert_stats.pt"), FETCHED
    ),
    "weights of root, as of today": Drift(
        f"{WEIGHTS} && chown root qwen*/* && touch qwen*/*",
        f"{WEIGHTS} && test $(stat -c %U:%Y qwen*/*) = tts-build:400000001",
        FETCHED,
    ),
    "list of weights edited": Drift(
        "echo >> $(grep -l bpe.model /etc/weights/lists/*)",
        "list=$(grep -l bpe.model /etc/weights/lists/*) && test $(sha256sum $list | cut -c -64) = $(basename $list .json)",
        "Exec[indextts2: list of weights ",
    ),
    "git's index damaged": Drift(
        f"{HERE} && truncate -s 20 .git/index",
        f"{HERE} && su -s /bin/sh tts-build -c 'git status --porcelain'",
        "Exec[indextts2: restore checkout ",
        restarts=True,
        rare=True,
    ),
    "state folder owner changed": Drift(
        "chown root /opt/indextts2/state",
        "test $(stat -c %U /opt/indextts2/state) = tts-user",
        "File[/opt/indextts2/state]/owner",
    ),
    "environment deleted": Drift(
        f"{HERE} && rm -r .venv",
        f"{HERE} && test -s .venv/.complete",
        "Exec[indextts2: Python environment of ",
        restarts=True,
    ),
    "environment's stamp damaged": Drift(
        f"{HERE} && head -c 100 /dev/urandom > .venv/.complete",
        f"{HERE} && grep -qxE '[0-9a-f]{{64}}' .venv/.complete",
        "Exec[indextts2: Python environment of ",
        restarts=True,
        rare=True,
    ),
    "environment's Python gone": Drift(
        f"{HERE} && ln -sf /usr/bin/python3.9 .venv/bin/python",
        f"{HERE} && test -x .venv/bin/python",
        "Exec[indextts2: Python environment of ",
        restarts=True,
        rare=True,
    ),
    "environment half deleted, with files of root": Drift(
        f"{HERE} && rm .venv/.complete && mkdir -m 700 .venv/lib/__pycache__ && touch .venv/lib/__pycache__/x.pyc",
        f"{HERE} && test -s .venv/.complete",
        "Exec[indextts2: Python environment of ",
        restarts=True,
        rare=True,
    ),
}

#: What would hide another change, or be put right by what comes of it. Of a service that is stopped and disabled, Puppet
#: tells only that it started it; a note that is damaged is no longer deleted; and of a state that is damaged,
#: releases-watch has the front say other things, and writes its map.
ALONE = ("front stopped", "front's note of what it has loaded damaged", "front's map deleted")
#: What one run may put right at once.
HARMLESS = [kind for kind, drift in DRIFTS.items() if not drift.restarts and kind not in ALONE]
CASES = [
    pytest.param(HARMLESS, id="all that needs no start"),
    *(
        pytest.param([kind], id=kind, marks=pytest.mark.faults if kind in HARMLESS or drift.rare else [])
        for kind, drift in DRIFTS.items()
    ),
]


@pytest.mark.parametrize("kinds", CASES)
def test_the_next_run_puts_it_right(fleet: Fleet, load: Load, kinds: list[str], old: str) -> None:
    process = fleet.sh(NODE, PROCESS)
    for kind in kinds:
        assert fleet.holds(NODE, DRIFTS[kind].is_right), kind
        fleet.sh(NODE, DRIFTS[kind].by_hand)
    for kind in kinds:
        assert not fleet.holds(NODE, DRIFTS[kind].is_right), f"{kind}: nothing but the run may put it right"

    output = fleet.converge(NODE)

    for kind in kinds:
        assert DRIFTS[kind].corrected in output, output
        assert fleet.holds(NODE, DRIFTS[kind].is_right), kind
    assert fleet.release(NODE) == old
    assert (fleet.sh(NODE, PROCESS) != process) == any(DRIFTS[kind].restarts for kind in kinds)
    wait_for(fleet, load, CLIENTS)
    if not any(DRIFTS[kind].felt for kind in kinds):
        assert load.stop().failures() == []


def test_then_there_is_nothing_left_to_do(fleet: Fleet) -> None:
    fleet.converge(NODE, changes=False)
