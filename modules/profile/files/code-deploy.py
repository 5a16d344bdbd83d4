#!/usr/bin/python3 -IS
"""The command `code-deploy`; what it does is in the package beside which it is installed."""

import sys

sys.path.insert(0, "/usr/local/lib/code-deploy")

from code_deploy.cli import main

sys.exit(main(sys.argv[1:]))
