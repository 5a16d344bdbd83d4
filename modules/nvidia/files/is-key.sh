#!/bin/sh
# is-key FINGERPRINT FILE: whether the file holds the public key of that fingerprint, and no other.
set -eu
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
# Of each key there is a line "pub"; the line "fpr" after it has the fingerprint as its tenth field.
found=$(gpg --homedir "$home" --batch --quiet --show-keys --with-colons "$2" |
  awk -F: '$1 == "pub" { key = 1 } $1 == "fpr" && key { print $10; key = 0 }')
if [ -z "$found" ] || [ "$found" != "$1" ]; then
  echo "this key has the fingerprint ${found:-none}, not $1" >&2
  exit 1
fi
