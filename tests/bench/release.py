"""A second release beside the first: what its checkout and Python environment take, in time and on the disk."""

from __future__ import annotations

from typing import Any

import yaml

from generator.lab import Lab
from tests.bench.measure import median
from tests.lab.conftest import Fleet

NODE = "tts1"
FIRST, SECOND = "v23", "v24-beta"
RUNS = 3
FOLDERS = "/opt/indextts2/releases /opt/indextts2/build /opt/indextts2/source.git"
REPORT = "/var/cache/puppet/state/last_run_report.yaml"
#: What of a run installs a release.
INSTALLS = (
    "Vcsrepo[",
    *(
        f"Exec[indextts2: {what} "
        for what in ("fetch commit", "make checkout", "restore checkout", "Python environment of")
    ),
)


def measure() -> dict[str, float]:
    """Medians of a first install with nothing on the disk, of a second beside it, and their ratios."""
    fleet = Fleet(Lab())
    fleet.lab.up(nodes=2)
    taken = [_install_both(fleet) for _ in range(RUNS)]
    found = {name: median(one[name] for one in taken) for name in taken[0]}
    return found | {
        "release.second_time_ratio": found["release.second_s"] / found["release.first_s"],
        "release.second_disk_ratio": found["release.second_mb"] / found["release.first_mb"],
    }


def _install_both(fleet: Fleet) -> dict[str, float]:
    fleet.serve(FIRST)
    fleet.sh(NODE, f"rm -rf {FOLDERS}")
    first_s, first_mb = _install(fleet)
    fleet.serve(SECOND)
    second_s, both_mb = _install(fleet)
    return {
        "release.first_s": first_s,
        "release.first_mb": first_mb,
        "release.second_s": second_s,
        "release.second_mb": both_mb - first_mb,
    }


def _install(fleet: Fleet) -> tuple[float, float]:
    """Run the agent; give the seconds that it installed for, and the MB that all releases have on the disk then."""
    run = fleet.lab.agent(NODE)
    assert run.code == 2, run.output
    kilobytes = fleet.sh(NODE, f"du --summarize --total --block-size=1K {FOLDERS} | tail -n 1 | cut -f 1")
    return seconds(fleet.sh(NODE, f"cat {REPORT}")), int(kilobytes) / 1024


def seconds(report: str) -> float:
    """Add up what a run's report says of fetching the commit, checking it out and building its environment."""

    class Loader(yaml.SafeLoader):
        """Reads Puppet's own objects as mappings."""

    Loader.add_multi_constructor("!ruby/", lambda loader, _, node: loader.construct_mapping(node, deep=True))
    statuses: dict[str, dict[str, Any]] = yaml.load(report, Loader)["resource_statuses"]
    return sum(
        float(status["evaluation_time"] or 0)
        for name, status in statuses.items()
        if name.startswith(INSTALLS)
    )
