#!/bin/sh
# Made by Puppet (profile::fleet): `fleet` of the code that is deployed here, on Debian's Python packages.
set -eu
environment=/etc/puppet/code/environments/production
# A deploy may bring other code while this runs; what is loaded later has to be of the same.
code=$(readlink -f "$environment")
if [ ! -d "$code/generator" ]; then
  echo "$environment: no code is deployed here yet (systemctl start code-deploy deploys it)" >&2
  exit 2
fi
# Code is the deploy's, and nobody else writes there: root leaves no bytecode.
PYTHONDONTWRITEBYTECODE=1 PYTHONSAFEPATH=1 PYTHONPATH="$code:$code/modules/weights/files" \
  exec /usr/bin/python3 -m generator.cli "$@"
