"""A web UI that is killed: how much longer than a load it takes until it answers again."""

from __future__ import annotations

from generator.lab import Lab
from tests.bench.measure import median
from tests.lab.conftest import Fleet

NODE = "tts1"
RUNS = 5
#: Seconds from the kill to the first answer, and those that systemd says the new start took.
KILL = """
unit=$(systemctl list-units --plain --no-legend 'indextts2-webui@*' | cut -d ' ' -f 1)
port=$(tr '\\0' '\\n' </proc/$(systemctl show --property=MainPID --value "$unit")/cmdline | grep -A1 -x -e --port | tail -n 1)
began=$(date +%s.%N)
systemctl kill --signal=KILL --kill-whom=main "$unit"
until curl --silent --fail --output /dev/null --max-time 5 "http://127.0.0.1:$port/config"; do sleep 0.1; done
ended=$(date +%s.%N)
while ! systemctl is-active --quiet "$unit"; do sleep 0.1; done
since() { systemctl show --property="$1" --value "$unit"; }
echo "$began $ended $(since ExecMainStartTimestampMonotonic) $(since ActiveEnterTimestampMonotonic)"
"""


def measure() -> dict[str, float]:
    """Medians of the recovery, of the load in it, and of what it takes beyond that."""
    fleet = Fleet(Lab())
    fleet.lab.up(nodes=2)
    taken = [_kill(fleet) for _ in range(RUNS)]
    return {
        "recover.kill9_s": median(whole for whole, _ in taken),
        "recover.load_s": median(load for _, load in taken),
        "recover.kill9_extra_s": median(whole - load for whole, load in taken),
    }


def _kill(fleet: Fleet) -> tuple[float, float]:
    """Kill the web UI; give the seconds until it answers, and those of the load."""
    began, ended, started, active = (float(word) for word in fleet.sh(NODE, KILL).split())
    return ended - began, (active - started) / 1e6
