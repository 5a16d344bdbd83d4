"""A node whose web UI needs a card. The card, its driver and CUDA are stand-ins; units, sandbox and switch are real."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.lab.card import give_card, is_up, take_card
from tests.lab.serving import (
    CLIENTS,
    NODE,
    SMOKE,
    fails,
    finishes,
    serving_process,
    serving_unit,
    status,
    wait_for,
)

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet
    from tests.load import Load

CARDS = ["GPU-11111111-aaaa", "GPU-22222222-bbbb"]
#: What CUDA says where libraries are newer than the loaded kernel module.
MISMATCH = "error 803, system has unsupported display driver / cuda driver combination"
REFUSED = (
    "journalctl --boot --since=@{since} --unit='{unit}' --output=cat | grep -q 'not started without a GPU: '"
)

pytestmark = pytest.mark.usefixtures("card", "settled")


@pytest.fixture(scope="module")
def card(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the node a card; take it away again."""
    give_card(fleet, NODE, tmp_path_factory.mktemp("card"))
    fleet.sh(NODE, "touch /run/card/loaded")
    yield
    take_card(fleet, NODE)


def cuda(fleet: Fleet, code: int, cards: int = 1) -> None:
    """Have CUDA answer so from now on."""
    fleet.sh(NODE, f"echo {code} {cards} >/run/card/cuda.new && mv /run/card/cuda.new /run/card/cuda")


def test_a_web_ui_with_its_card_serves_and_a_mismatch_stops_nothing(
    fleet: Fleet, load: Load, old: str, new: str
) -> None:
    fleet.serve(old, gpu="required")
    fleet.converge(NODE)
    assert "nvidia/gate" in fleet.sh(NODE, f"systemctl show --property=ExecStartPre '{serving_unit(fleet)}'")
    assert fleet.holds(NODE, "test -c /dev/nvidia-uvm"), "made as root, before the sandbox"
    process = serving_process(fleet)

    cuda(fleet, 803)
    fleet.serve(new, gpu="required", **SMOKE)
    said = fails(fleet)
    assert f"not started without a GPU: CUDA says {MISMATCH} (the driver was upgraded" in said
    assert "reboot this machine" in said
    assert fleet.release(NODE) == old
    restart = "releases indextts2 restart 2>&1"
    assert not fleet.holds(NODE, restart)
    assert serving_process(fleet) == process, "nothing was stopped for what could not start"

    cuda(fleet, 0)
    fleet.converge(NODE)
    assert fleet.release(NODE) == new
    wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []


def test_prometheus_is_told_of_the_card(fleet: Fleet, old: str) -> None:
    fleet.serve(old, gpu="required")
    fleet.lab.agent(NODE)
    used = f'nvidia_card_memory_used_bytes{{uuid="{CARDS[0]}",index="0",name="NVIDIA L4"}} 1294991360'
    fleet.wait(NODE, f"grep -qxF '{used}' /var/lib/nvidia/cards.prom", 60)
    assert fleet.sh(NODE, "grep -x 'nvidia_cards_up .' /var/lib/nvidia/cards.prom") == "nvidia_cards_up 1"
    asks = fleet.sh(NODE, "systemctl show --property=User --value nvidia-metrics.service")
    assert asks == "nvidia-metrics", "no service of root's"
    assert fleet.holds(NODE, "runuser -u nobody -- cat /var/lib/nvidia/cards.prom"), (
        "the node exporter may read it"
    )


@pytest.mark.faults
def test_at_boot_it_waits_for_its_card(fleet: Fleet, old: str) -> None:
    fleet.serve(old, gpu="required")
    fleet.converge(NODE)
    began = fleet.sh(NODE, "date +%s")
    fleet.lab.cut_power(NODE)
    with ThreadPoolExecutor(1) as pool:
        booted = pool.submit(fleet.lab.restore_power, NODE)
        fleet.until(lambda: is_up(fleet, NODE), 60, f"{NODE} boots")
        fleet.wait(NODE, "systemctl is-active nvidia-devices.service | grep -qx activating", 60)
        fleet.sh(NODE, "sleep 5")
        assert not fleet.holds(NODE, "pgrep -f '[w]ebui.py'"), "it does not fall back to the CPU meanwhile"
        fleet.sh(NODE, "touch /run/card/loaded")
        booted.result()
    unit = serving_unit(fleet)
    fleet.wait(NODE, "curl --silent --fail --max-time 5 --output /dev/null http://127.0.0.1:7860/config", 90)
    assert not fleet.holds(NODE, REFUSED.format(unit=unit, since=began))
    fleet.converge(NODE, changes=False)


@pytest.mark.faults
def test_without_its_card_it_says_so_and_is_back_with_it(fleet: Fleet, load: Load, old: str) -> None:
    fleet.serve(old, gpu="required")
    fleet.converge(NODE)
    unit, began = serving_unit(fleet), fleet.sh(NODE, "date +%s")
    cuda(fleet, 100, 0)
    fleet.sh(NODE, f"systemctl kill --signal=KILL '{unit}'")
    fleet.wait(NODE, REFUSED.format(unit=unit, since=began), 60)
    said = fleet.sh(
        NODE, f"journalctl --unit='{unit}' --output=cat | grep 'not started without a GPU' | tail -1"
    )
    assert "CUDA says error 100, no CUDA-capable device is detected (is the driver loaded?" in said
    gone_at = load.now
    cuda(fleet, 0)
    wait_for(fleet, load, 2 * CLIENTS)
    result = load.stop()
    assert [job for job in result.jobs if job.reason and job.began > gone_at] == [], "what came later waited"


def test_two_cards_are_switched_one_by_one_and_requests_never_wait_for_a_load(
    fleet: Fleet, load: Load, old: str, new: str
) -> None:
    fleet.serve(old, gpu="required", gpus=CARDS)
    fleet.converge(NODE)
    assert {card: one["state"] for card, one in status(fleet)["cards"].items()} == dict.fromkeys(
        "01", "active"
    )
    wait_for(fleet, load, 2 * CLIENTS)
    began = load.now
    fleet.serve(new, gpu="required", gpus=CARDS, **SMOKE)
    fleet.converge(NODE)
    ended = load.now
    wait_for(fleet, load, CLIENTS)
    result = load.stop()
    assert result.failures() == []
    assert {one["release"].partition("-")[0] for one in status(fleet)["cards"].values()} == {
        new.partition("-")[0]
    }
    assert [job for job in result.jobs if began < job.began < ended], "clients asked meanwhile"


@pytest.mark.faults
def test_a_card_that_is_lost_gets_no_request_and_where_both_are_requests_wait(
    fleet: Fleet, load: Load, old: str
) -> None:
    fleet.serve(old, gpu="required", gpus=CARDS)
    fleet.converge(NODE)
    wait_for(fleet, load, 2 * CLIENTS)
    began = fleet.sh(NODE, "date +%s")
    fleet.sh(NODE, f"touch /run/card/lost-{CARDS[1]}")
    fleet.wait(
        NODE, "journalctl --unit=releases-watch@indextts2 --output=cat | grep -q 'card 1: .* is lost'", 15
    )
    fleet.until(lambda: weight(fleet, "1") == 0, 10, "card 1 has no weight")
    gone_at = load.now
    wait_for(fleet, load, 2 * CLIENTS)
    unit = status(fleet)["cards"]["1"]["unit"]
    fleet.wait(NODE, REFUSED.format(unit=unit, since=began), 30)
    said = fails(fleet)
    assert (
        f"card 1: {unit} is activating" in said and "not started without a GPU: CUDA says error 100" in said
    )
    assert weight(fleet, "0") == 100

    fleet.sh(NODE, f"touch /run/card/lost-{CARDS[0]}")
    fleet.until(lambda: not fleet.holds(NODE, "pgrep -f '[w]ebui.py'"), 30, "no web UI runs")
    both_at = load.now
    fleet.sh(NODE, "sleep 5; rm /run/card/lost-*")
    wait_for(fleet, load, 2 * CLIENTS)
    result = load.stop()
    lost = [job for job in result.jobs if job.reason and gone_at + 1 < job.began < both_at - 15]
    assert lost == [], "what began while one card served"
    assert [job for job in result.jobs if job.reason and job.began > both_at] == [], "what came later waited"
    finishes(fleet)


def weight(fleet: Fleet, card: str) -> int:
    """The weight that the front gives a card's server."""
    ask = (
        "import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/indextts2-front/admin.sock');"
        r"s.sendall(b'show servers state pages\n'); s.shutdown(socket.SHUT_WR); print(s.makefile().read())"
    )
    show = f'/usr/bin/python3 -c "{ask}"'
    rows = [line.split() for line in fleet.sh(NODE, show).splitlines()]
    return sum(int(row[7]) for row in rows if len(row) > 7 and row[3].startswith(f"{card}-"))
