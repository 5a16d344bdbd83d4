#!/bin/sh
# Before rsyslog starts: is what it knows of its queue whole?
#
# That is ship.qi, which it writes anew with each message. Killed in the middle of that, it would not find its queue again,
# and go on without a word of what waited there. Then all that is still in the files and the journal is read once more:
# what is at the endpoint already is known there by its id.
set -eu
cd "$1"

is_whole() {
  [ "$(grep -c '^>End' "$1")" = 3 ] && [ "$(tail -n 1 "$1")" = . ]
}

if [ -e ship.qi ] && ! is_whole ship.qi; then
  echo 'the queue is damaged: reading all again that is still in the files and the journal'
  rm -f ship.* imfile-state:* journal
fi
