#!/bin/sh
# Rendered by fleet render from templates/module/files/owner.sh.j2: edit that, not this file.
#
# usage: owner check|restore TABLE
# A line of TABLE is "ACCOUNT FOLDER": all in FOLDER belongs to ACCOUNT and nobody else may write, but for what is in
# another line's folder. The account - leaves a folder alone that has a file .complete. Is it so, or make it so.
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
action=$1 table=$2

# All of these look at $folder and $account; their arguments are find's, and leave something out.

astray() {
  find "$folder" "$@" \( ! -user "$account" -o ! -group "$account" -o ! -type l -perm /022 \) -print -quit
}

check() {
  found=$(astray "$@")
  [ -z "$found" ]
}

restore() {
  found=$(astray "$@")
  [ -n "$found" ] || return 0
  # The account may write here, so names and links are not to be trusted: -execdir stays in the folder that find
  # looked at, chown -h follows no link, and the modes are put right with no more power than the account's own.
  find "$folder" "$@" \( ! -user "$account" -o ! -group "$account" \) -execdir chown -h "$account:$account" {} +
  setpriv --reuid="$account" --regid="$account" --clear-groups \
    find "$folder" "$@" ! -type l -perm /022 -execdir chmod go-w {} +
  echo "gave all in $folder back to $account alone; the first that was not: $found"
}

case $action in
check | restore) ;;
*)
  echo "owner: unknown action $action" >&2
  exit 2
  ;;
esac

while read -r account folder <&3; do
  # a folder that is not there yet is nobody else's
  if [ "$account" = - ] || [ ! -e "$folder" ]; then continue; fi
  set --
  while read -r inside inner; do
    # what is not complete is made anew, by whom a file of somebody else's would stop
    if [ "$inside" = - ] && [ ! -e "$inner/.complete" ]; then continue; fi
    case $inner in
    "$folder"/*) set -- "$@" -path "$inner" -prune -o ;;
    esac
  done <"$table"
  "$action" "$@"
done 3<"$table"
