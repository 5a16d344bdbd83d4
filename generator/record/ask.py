"""Which PuppetDB is asked for the record, and how long an answer may take."""

from __future__ import annotations

from generator import fleet_nodes
from generator.errors import FleetError
from generator.puppetdb import PuppetDB

#: Seconds for all that a verb asks.
LIMIT = 9.0
CURE = "and so PuppetDB is not known (the server has the last of them; README.md says what a desk needs)"


def recorder() -> PuppetDB:
    """Return the PuppetDB that the settings of Puppet's client tools name; LIMIT is for all that it is asked.

    Raises:
        FleetError: there are no such settings.
        InputError: they are wrong.
    """
    path = fleet_nodes.settings_file()
    if path is None:
        raise FleetError(f"{' and '.join(fleet_nodes.SETTINGS)}: no such file, {CURE}")
    return PuppetDB.load(path).within(LIMIT)
