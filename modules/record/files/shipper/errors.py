"""What may go wrong on the way of a document."""

from __future__ import annotations


class Unavailable(Exception):
    """The endpoint does not take documents now, for no fault of theirs: they have to be sent again."""


class Unreadable(Exception):
    """What rsyslog handed over is no document of the record: it will never be one."""
