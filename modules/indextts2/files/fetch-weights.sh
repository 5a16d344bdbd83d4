#!/bin/sh
# Rendered by fleet render from templates/module/files/fetch-weights.sh.j2: edit that, not this file.
#
# usage: fetch-weights VENV REPOSITORY REVISION FOLDER
# Downloads REPOSITORY of the model hub at REVISION (a full commit) with the hub's own client, which goes on where a
# killed download ended. FOLDER appears by one rename, when all of it is there.
set -eu
umask 022
venv=$1 repository=$2 revision=$3 folder=$4
export HF_HUB_DISABLE_TELEMETRY=1 HF_HUB_DISABLE_PROGRESS_BARS=1

"$venv/bin/hf" download "$repository" --revision "$revision" --local-dir "$folder.partial" --quiet
echo "$revision" >"$folder.partial/.complete"
sync "$folder.partial/.complete"
if [ -e "$folder" ]; then
  # Without its stamp it is not known to be whole; it is set aside, since nothing here is ever deleted.
  mv "$folder" "$folder.incomplete-$(date +%Y%m%dT%H%M%S)"
fi
mv -T "$folder.partial" "$folder"
