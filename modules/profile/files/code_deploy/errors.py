"""The one kind of error that is expected."""

from __future__ import annotations


class DeployError(Exception):
    """Why a deploy did not happen, in one line."""
