"""The numbers: each measured here, on this machine, when it is asked for."""
