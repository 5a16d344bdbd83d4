#!/bin/sh
# devices SECONDS: have the device nodes of NVIDIA's cards made, and wait so long for all of them.
# Without a card on the bus there is nothing to wait for. nvidia-modprobe, which the driver brings, makes the nodes.
set -u
seconds=$1

missing() {
  for node in /dev/nvidiactl /dev/nvidia-uvm; do
    [ -c "$node" ] || echo "$node"
  done
  minor=0
  for _ in /proc/driver/nvidia/gpus/*; do
    [ -c "/dev/nvidia$minor" ] || echo "/dev/nvidia$minor"
    minor=$((minor + 1))
  done
}

make() {
  command -v nvidia-modprobe >/dev/null || return
  # -c MINOR makes a card's node, -u that of unified memory; each has the module loaded
  set -- -u
  minor=0
  for _ in /proc/driver/nvidia/gpus/*; do
    set -- "$@" -c "$minor"
    minor=$((minor + 1))
  done
  nvidia-modprobe "$@"
}

if ! "${0%/*}/on-the-bus"; then
  echo 'no NVIDIA card is on the PCI bus of this machine'
  exit 0
fi
waited=0
while [ -n "$(missing)" ]; do
  make
  left=$(missing | paste -s -d ' ')
  [ -n "$left" ] || break
  if [ "$waited" -ge "$seconds" ]; then
    command -v nvidia-modprobe >/dev/null || echo 'nvidia-modprobe is not installed (the driver brings it)' >&2
    echo "after $seconds s still without $left: is the driver loaded? (dmesg says what it met)" >&2
    exit 1
  fi
  sleep 1
  waited=$((waited + 1))
done
