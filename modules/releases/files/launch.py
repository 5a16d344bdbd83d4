#!/usr/bin/python3 -IS
"""The command `releases`; what it does is in the package beside which it is installed."""

import sys

sys.path.insert(0, "/usr/local/lib/releases")

from releases.cli import main

sys.exit(main(sys.argv[1:]))
