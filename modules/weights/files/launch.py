#!/usr/bin/python3 -IS
"""The command `weights`; what it does is in the package beside which it is installed."""

import sys

sys.path.insert(0, "/usr/local/lib/weights")

from weights.cli import main

sys.exit(main(sys.argv[1:]))
