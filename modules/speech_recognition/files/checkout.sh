#!/bin/sh
# Rendered by fleet render from templates/module/files/checkout.sh.j2: edit that, not this file.
#
# usage: checkout whole|clean|restore FOLDER IGNORED
#        checkout make FOLDER IGNORED SOURCE COMMIT
# Looks at, makes, or puts back a checkout of one commit. IGNORED is a file of git's patterns for what is made in it.
#   whole    can git read it?
#   make     make it, in place of a clone that was killed; of one that is there, take away an index that a power cut broke
#   clean    is it just as its commit says?
#   restore  make it so
set -eu
umask 022
action=$1 folder=$2 ignored=$3

git_here() {
  # no lock for a look, so that a look never stands in the way of a build
  git --no-optional-locks -C "$folder" -c safe.directory="$folder" -c core.excludesFile="$ignored" -c core.fsmonitor=false "$@"
}

has_commit() {
  git_here rev-parse --quiet --verify 'HEAD^{commit}' >/dev/null 2>&1
}

case $action in
whole)
  has_commit && git_here ls-files >/dev/null 2>&1
  ;;
make)
  if has_commit; then
    rm -f "$folder/.git/index" "$folder/.git/index.lock"
  else
    rm -rf "$folder"
    git clone --quiet --no-checkout -- "$4" "$folder"
    git -C "$folder" checkout --quiet --detach "$5"
  fi
  ;;
clean)
  changes=$(git_here status --porcelain)
  [ -z "$changes" ]
  ;;
restore)
  # first, for whoever has to know that what ran from here may not have been what it says
  touch "$folder/.git/restored"
  rm -f "$folder/.git/index.lock"
  git_here status --porcelain
  git -C "$folder" reset --quiet --hard HEAD
  git -C "$folder" -c core.excludesFile="$ignored" clean --quiet -ffd
  ;;
*)
  echo "checkout: unknown action $action" >&2
  exit 2
  ;;
esac
