#!/bin/sh
# usage: fetch-list DIGEST FOLDER ENVIRONMENT
# Fetches the list of files that is named by its SHA-256 from the Puppet server, with the agent's own certificate, into
# FOLDER; it appears by one rename when it is the one.
set -eu
umask 022
digest=$1 folder=$2 environment=$3
new=$folder/$digest.new

puppet resource file "$new" ensure=file mode=0644 "source=puppet:///modules/weights/lists/$digest.json" \
  --environment "$environment"
if ! echo "$digest  $new" | sha256sum --check --status; then
  echo "fetch-list: the server has no modules/weights/files/lists/$digest.json, or another one under its name" \
    "(fleet weights lock writes it)" >&2
  rm -f "$new"
  exit 1
fi
sync "$new"
mv "$new" "$folder/$digest.json"
