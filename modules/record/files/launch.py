#!/usr/bin/python3 -IS
"""What rsyslog starts to ship the record; what it does is in the package beside which it is installed."""

import sys

sys.path.insert(0, "/usr/local/lib/record")

from shipper.cli import main

sys.exit(main(sys.argv[1:]))
