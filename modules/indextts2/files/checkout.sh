#!/bin/sh
# Rendered by fleet render from templates/module/files/checkout.sh.j2: edit that, not this file.
#
# usage: checkout half-made|clean|restore FOLDER IGNORED
# Looks at, or puts back, a checkout of one commit. IGNORED is a file of git's patterns for what is made in it.
#   half-made  is it a folder without a commit, as a killed clone leaves it?
#   clean      is it just as its commit says?
#   restore    make it so
set -eu
action=$1 folder=$2 ignored=$3

git_here() {
  # no lock for a look, so that a look never stands in the way of a build
  git --no-optional-locks -C "$folder" -c safe.directory="$folder" -c core.excludesFile="$ignored" -c core.fsmonitor=false "$@"
}

case $action in
half-made)
  [ -e "$folder" ] || exit 1
  ! git_here rev-parse --quiet --verify 'HEAD^{commit}' >/dev/null 2>&1
  ;;
clean)
  changes=$(git_here status --porcelain)
  [ -z "$changes" ]
  ;;
restore)
  rm -f "$folder/.git/index.lock"
  # an index that a power cut left in pieces is made anew
  git_here status --porcelain || rm -f "$folder/.git/index"
  git -C "$folder" reset --quiet --hard HEAD
  git -C "$folder" -c core.excludesFile="$ignored" clean --quiet -ffd
  ;;
*)
  echo "checkout: unknown action $action" >&2
  exit 2
  ;;
esac
