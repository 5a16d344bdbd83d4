"""Whether some code looks each key up, and an operator may set it."""

from __future__ import annotations

from collections.abc import Iterator

from generator.hiera.cohort import Cohort
from generator.validate.finding import Finding, Severity, at
from generator.validate.repository import Repository
from generator.validate.vocabulary import OPTIONS


def check_keys(repository: Repository) -> Iterator[Finding]:
    """Yield keys that nothing looks up, and those that are private to their module."""
    vocabulary = repository.vocabulary
    for document in repository.documents:
        if isinstance(document, Cohort):
            continue  # its key is made of its name
        for key, value in document.data.items():
            if key != OPTIONS and (complaint := vocabulary.complaint(key, value)):
                yield at(document, (key,), complaint, key=True)
            elif vocabulary.is_private(key):
                message = f"{key} is private to its module"
                yield at(document, (key,), message, key=True, severity=Severity.WARNING)
