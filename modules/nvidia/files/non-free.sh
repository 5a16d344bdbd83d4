#!/bin/sh
# Add the components that have NVIDIA's driver to the node's own sources of Debian. In a file of their own they would have
# to name the keys that these name: apt reads no source at all where one address has two.
set -eu

# with_components FILE ENTRY: the file with the components added to this entry, in one of the formats of sources.list(5).
with_components() {
  awk -v entry="$2" -v add='contrib non-free non-free-firmware' '
    function missing(components, all, found, i) {
      found = ""
      split(add, all)
      for (i = 1; i in all; i++)
        if (index(" " components " ", " " all[i] " ") == 0)
          found = found " " all[i]
      return found
    }
    BEGIN { stanzas = ARGV[1] ~ /\.sources$/ }
    stanzas && /^[ \t]*$/ { in_fields = 0 }
    stanzas && /^[^# \t]/ && !in_fields { in_fields = 1; seen++ }
    stanzas && seen == entry && /^Components:/ { $0 = $0 missing($0) }
    !stanzas && FNR == entry {
      comment = match($0, /[ \t]*#/) ? substr($0, RSTART) : ""
      line = substr($0, 1, length($0) - length(comment))
      $0 = line missing(line) comment
    }
    { print }' "$1"
}

# only what apt has read tells which sources are of Debian
apt-get -q update
# shellcheck disable=SC2016 # apt fills it in
entries=$(apt-get indextargets --format '$(SOURCESENTRY)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' | sort -u)
[ -n "$entries" ] || {
  echo 'apt knows no source of Debian on this node' >&2
  exit 1
}
for entry in $entries; do
  file=${entry%:*}
  # a copy has the mode of the file
  cp -p "$file" "$file.new"
  with_components "$file" "${entry##*:}" >"$file.new"
  mv "$file.new" "$file"
done
apt-get -q update
