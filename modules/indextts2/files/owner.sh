#!/bin/sh
# Rendered by fleet render from templates/module/files/owner.sh.j2: edit that, not this file.
#
# usage: owner check|restore ACCOUNT FOLDER [EXCEPT…]
# In FOLDER, but not in the folders EXCEPT, all belongs to ACCOUNT and nobody else may write: is it so, or make it so.
set -eu
action=$1 account=$2 folder=$3
shift 3

foreign() {
  for except in "$@"; do
    set -- "$@" -path "$except" -prune -o
    shift
  done
  find "$folder" "$@" \( ! -user "$account" -o ! -group "$account" -o ! -type l -perm /022 \) -print
}

case $action in
check)
  found=$(foreign "$@")
  [ -z "$found" ]
  ;;
restore)
  foreign "$@" | while IFS= read -r path; do
    chown -h "$account:$account" "$path"
    [ -h "$path" ] || chmod go-w "$path"
  done
  ;;
*)
  echo "owner: unknown action $action" >&2
  exit 2
  ;;
esac
