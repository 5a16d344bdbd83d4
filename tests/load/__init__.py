"""Clients that keep asking a text-to-speech page for audio, and what became of each job.

>>> from tests.load import Load, browser
>>> with Load(browser('http://10.77.0.11:7860')) as load:   # doctest: +SKIP
...     load.start(clients=20)
...     ...                          # whatever must not be felt
...     result = load.stop()
>>> result.failed                    # doctest: +SKIP
0
"""

from tests.load.job import Failure, Job
from tests.load.kinds import browser, official, visitor
from tests.load.load import Load
from tests.load.result import Result

__all__ = ["Failure", "Job", "Load", "Result", "browser", "official", "visitor"]
