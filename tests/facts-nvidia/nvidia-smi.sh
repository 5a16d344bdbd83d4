#!/bin/sh
# A stand-in for nvidia-smi: it answers --query-gpu=FIELDS --format=csv,noheader,nounits from cards/INDEX/FIELD beside it, and
# refuses a field that is not in cards/0, as the real one refuses what its branch does not know. Each call is a line of `calls`.
here=${0%/*}
echo "$*" >>"$here/calls"
for card in "$here"/cards/*; do
  IFS=,
  row=
  for field in ${1#--query-gpu=}; do
    if ! read -r value <"$card/$field"; then
      echo "Field \"$field\" is not a valid field to query."
      exit 2
    fi 2>/dev/null
    row="$row${row:+, }$value"
  done
  echo "$row"
done
