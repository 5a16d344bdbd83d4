"""Deploys the control repository's branches as Puppet environments: staged, checked, then swapped in."""
