#!/bin/sh
# Rendered by fleet render from templates/module/files/fill.sh.j2: edit that, not this file.
#
# usage: fill check|make CHECKOUT FOLDER python CODE
#        fill check|make CHECKOUT FOLDER weights SOURCE
# FOLDER of CHECKOUT holds what the service only reads: what a line of Python makes there, run in the checkout by the
# release's own environment; or the files of SOURCE, a folder of weights, where there is one. Is it so, or make it so.
# What git tracks is never touched: it is as the commit says.
set -eu
umask 022
action=$1 checkout=$2 folder=$3 way=$4 given=$5
cd "$checkout"
# in the environment, so that another environment fills anew; it holds the line of Python
stamp=.venv/.filled-$(echo "$folder" | tr / +)

has_files() {
  [ -n "$(find "$folder" -type f -print -quit 2>/dev/null)" ]
}

run() {
  rm -f "$stamp"
  # half of it may be there, which whoever made it takes for all
  git clean --quiet -ffdx -- "$folder"
  # what Python would compile beside the code is none of the commit's
  PYTHONDONTWRITEBYTECODE=1 .venv/bin/python -c "$given"
  has_files || {
    echo "this made nothing in $checkout/$folder: $given (filled in the definition of stable_diffusion names both)" >&2
    exit 1
  }
  find "$folder" -type f -exec sync {} +
  printf '%s\n' "$given" >"$stamp.new"
  sync "$stamp.new"
  mv "$stamp.new" "$stamp"
}

# Names of weights have no blanks: no list of a bundle has one.
names() {
  [ ! -d "$given" ] || find "$given" -type f -printf '%P\n'
}

# Of a link one look is enough, which costs no process; a copy is read.
is_right() {
  # shellcheck disable=SC3013 # the sh of every supported system knows -ef
  [ "$folder/$1" -ef "$given/$1" ] || cmp -s "$folder/$1" "$given/$1" || is_tracked "$folder/$1"
}

is_tracked() {
  git ls-files --error-unmatch -- "$1" >/dev/null 2>&1
}

link() {
  place=$folder/$1
  mkdir -p "${place%/*}"
  rm -f "$place.new"
  # a link takes no room, and goes no further than the file system
  ln -T "$given/$1" "$place.new" 2>/dev/null || {
    cp "$given/$1" "$place.new"
    sync "$place.new"
  }
  mv -fT "$place.new" "$place"
}

case $action-$way in
check-python)
  has_files && printf '%s\n' "$given" | cmp -s - "$stamp"
  ;;
make-python)
  run
  ;;
check-weights)
  files=$(names)
  for name in $files; do
    is_right "$name" || exit 1
  done
  ;;
make-weights)
  files=$(names)
  for name in $files; do
    is_right "$name" || link "$name"
  done
  ;;
*)
  echo "fill: cannot $action by $way" >&2
  exit 2
  ;;
esac
