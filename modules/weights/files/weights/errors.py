"""What ends a download; whoever called for it turns it into a message."""

from __future__ import annotations


class WeightsError(Exception):
    """Something an operator has to know: one line for each source, with what was wrong with it."""
