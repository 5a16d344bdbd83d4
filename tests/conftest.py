"""What every suite shares."""

from __future__ import annotations

import pytest
from hypothesis import settings

# A test with a limit of time states it: on a machine that does other things any example may take long.
settings.register_profile("fleet", deadline=None)
settings.load_profile("fleet")


def pytest_report_teststatus(report: pytest.CollectReport | pytest.TestReport) -> tuple[str, str, str] | None:
    """Say beside a passed test how long it took, as every line of progress does."""
    if isinstance(report, pytest.TestReport) and report.when == "call" and report.passed:
        return "passed", ".", f"PASSED ({report.duration:.1f} s)"
    return None
