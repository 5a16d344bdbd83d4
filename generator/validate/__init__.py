"""Hiera data held against the code that looks it up: keys, types, files, and what they say together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from generator.errors import InputError, InputErrors
from generator.validate.claims import check_claims, check_ports
from generator.validate.cohorts import check_cohorts
from generator.validate.expressions import check_expressions
from generator.validate.finding import Finding, Severity, of_error
from generator.validate.keys import check_keys
from generator.validate.layout import check_inventory, check_layout, check_unread
from generator.validate.merges import check_merges
from generator.validate.options import check_options
from generator.validate.releases import check_releases
from generator.validate.repository import Repository, read_repository
from generator.validate.secrets import check_secrets, check_wrapped
from generator.validate.values import check_values
from generator.validate.weights import check_weights

CHECKS: tuple[Callable[[Repository], Iterator[Finding]], ...] = (
    check_layout,
    check_unread,
    check_inventory,
    check_keys,
    check_options,
    check_values,
    check_secrets,
    check_wrapped,
    check_expressions,
    check_releases,
    check_cohorts,
    check_weights,
    check_claims,
    check_ports,
    check_merges,
)


@dataclass(frozen=True)
class Report:
    """What was looked at, and all that was found, in the order of files and lines."""

    files: int
    keys: int
    findings: list[Finding]


def validate(root: Path) -> Report:
    """Check every file of every layer below ``root``.

    Where hiera.yaml, the Puppetfile or a manifest is wrong, nothing is said about the rest.

    Raises:
        FleetError: the code that looks keys up cannot be read.
    """
    try:
        repository = read_repository(root)
    except InputError as error:
        return Report(0, 0, [of_error(error, Severity.BROKEN)])
    except InputErrors as several:
        return Report(0, 0, [of_error(error, Severity.BROKEN) for error in several.errors])
    found = {*repository.found, *(finding for check in CHECKS for finding in check(repository))}
    keys = sum(len(document.data) for document in repository.documents)
    return Report(len(repository.documents), keys, sorted(found))
