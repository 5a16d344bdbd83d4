"""A plugin of pytest: says the outcome of each check as a line of JSON, for :mod:`generator.verify`."""

from __future__ import annotations

import inspect
import json

import pytest

from generator.service import Service


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Give each test the sentence and the service that its outcome is told by."""
    for item in items:
        title = inspect.getdoc(item.obj) or item.name
        chosen = item.callspec.params.values() if hasattr(item, "callspec") else ()
        services = [value.name for value in chosen if isinstance(value, Service)]
        variant = [value for value in chosen if isinstance(value, str)]
        item.user_properties += [
            ("service", "".join(services)),
            ("title", f"{title.rstrip('.')} ({', '.join(variant)})" if variant else title),
        ]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Print the outcome of a test; a failed set-up is a failed check."""
    if report.when == "call" or report.failed:
        _print(**{name: str(value) for name, value in report.user_properties}, problem=_problem(report))


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Print what kept the checks from being read, which :mod:`generator.verify` shows as it is."""
    if report.failed:
        print(report.longreprtext, flush=True)


def _problem(report: pytest.TestReport) -> str:
    if not report.failed:
        return ""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash else report.longreprtext
    if text.startswith("AssertionError: "):
        # a check's own words, without the expression that pytest adds to them
        text = text.removeprefix("AssertionError: ").partition("\nassert ")[0]
    return text.strip() or "failed"


def _print(**check: str) -> None:
    print(json.dumps(check), flush=True)
