#!/usr/bin/python3 -IS
"""The program of code-check@.service; what it does is in the package of code-deploy."""

import sys

sys.path.insert(0, "/usr/local/lib/code-deploy")

from code_deploy.judge import main

sys.exit(main())
