"""What Puppet refuses while it looks something up."""

from __future__ import annotations


class Problem(ValueError):
    """What is wrong, and what would be right; whoever knows the place makes an ``InputError`` of it."""
