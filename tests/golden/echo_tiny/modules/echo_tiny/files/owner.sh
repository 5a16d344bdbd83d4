#!/bin/sh
# Rendered by fleet render from templates/module/files/owner.sh.j2: edit that, not this file.
#
# usage: owner check|restore ACCOUNT FOLDER [EXCEPT…]
# In FOLDER, but not in the folders EXCEPT, all belongs to ACCOUNT and nobody else may write: is it so, or make it so.
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
action=$1 account=$2 folder=$3
shift 3

# a folder that is not there yet is nobody else's
[ -e "$folder" ] || exit 0

# from here on, "$@" is what makes find leave EXCEPT out
for except in "$@"; do
  set -- "$@" -path "$except" -prune -o
  shift
done

case $action in
check)
  found=$(find "$folder" "$@" \( ! -user "$account" -o ! -group "$account" -o ! -type l -perm /022 \) -print -quit)
  [ -z "$found" ]
  ;;
restore)
  # The account may write here, so names and links are not to be trusted: -execdir stays in the folder that find
  # looked at, chown -h follows no link, and the modes are put right with no more power than the account's own.
  find "$folder" "$@" \( ! -user "$account" -o ! -group "$account" \) -execdir chown -h "$account:$account" {} +
  setpriv --reuid="$account" --regid="$account" --clear-groups \
    find "$folder" "$@" ! -type l -perm /022 -execdir chmod go-w {} +
  ;;
*)
  echo "owner: unknown action $action" >&2
  exit 2
  ;;
esac
