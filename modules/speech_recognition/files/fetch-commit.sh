#!/bin/sh
# Rendered by fleet render from templates/module/files/fetch-commit.sh.j2: edit that, not this file.
#
# usage: fetch-commit SOURCE MIRROR COMMIT
# Brings COMMIT (40 hex digits) of the repository SOURCE into the bare repository MIRROR, under a branch of
# its own, so that a clone of the mirror has it whatever happens to SOURCE's branches and tags.
set -eu
source=$1 mirror=$2 commit=$3

git init --quiet --bare "$mirror"
cd "$mirror"
if ! git cat-file -e "$commit^{commit}" 2>/dev/null; then
  git fetch --quiet --force --prune --no-tags -- "$source" \
    '+refs/heads/*:refs/upstream/heads/*' '+refs/tags/*:refs/upstream/tags/*'
fi
if ! git cat-file -e "$commit^{commit}" 2>/dev/null; then
  # on no branch or tag any more; most servers give it all the same
  git fetch --quiet --no-tags -- "$source" "$commit" || {
    echo "$source has no commit $commit on any branch or tag: was its history rewritten? Pin another commit." >&2
    exit 1
  }
fi
git update-ref "refs/heads/pin-$commit" "$commit"
