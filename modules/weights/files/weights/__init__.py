"""Bundles of weights: their files, told by size and digest, on a node and on an operator's desk."""
