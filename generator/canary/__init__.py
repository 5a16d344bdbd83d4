"""Canaries: a new revision on a few nodes first, and onward only if it is well there."""
