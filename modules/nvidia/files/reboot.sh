#!/bin/sh
# reboot request VERSION UNTIL | now VERSION | verify: one reboot into a version of the driver, and no second one into the same.
# The record says in a line that the node is `rebooting` into a version, or has `rebooted` and is well; the mark is gone
# with the boot.
set -u
record=/var/lib/nvidia/reboot
mark=/run/nvidia-rebooting
PATH=/usr/local/sbin:/usr/local/bin:$PATH:/opt/puppetlabs/bin

note() {
  echo "$1" >"$record.new" && sync "$record.new" && mv "$record.new" "$record"
}

forget() {
  rm -f "$record" "$mark"
}

services() {
  for description in /etc/releases/*.json; do
    [ -e "$description" ] && basename "$description" .json
  done
}

# has_module VERSION: whether a kernel of this machine has that module. Debian gives it names of its own.
has_module() {
  for kernel in /lib/modules/*/; do
    for name in nvidia nvidia-current nvidia-current-open; do
      [ "$(modinfo -k "$(basename "$kernel")" -F version "$name" 2>/dev/null)" = "$1" ] && return
    done
  done
  return 1
}

# What Puppet runs: a run that goes on must not wait for the end of itself.
request() {
  [ "$(systemctl is-system-running)" != stopping ] || exit 0
  if [ "$(cut -d ' ' -f 2 "$record" 2>/dev/null)" = "$1" ] && [ ! -e "$mark" ]; then
    echo "this node was rebooted for the driver $1 before, and needs a reboot still: dmesg says what the driver met" \
      "(rm $record has it rebooted once more)" >&2
    exit 1
  fi
  if [ "$(date +%s)" -ge "$2" ]; then
    if [ -e "$mark" ]; then
      forget
      echo 'the reboot was cut off before it came about: the next run asks for it again, in the window' >&2
    else
      echo 'the window is over' >&2
    fi
    exit 1
  fi
  if [ "$1" != unknown ] && ! has_module "$1"; then
    echo "no kernel of this node has the module nvidia $1, so a reboot would leave it without its cards: dkms status" >&2
    exit 1
  fi
  systemctl start --no-block "nvidia-reboot@$1.service"
}

now() {
  # with its report, the agent's run tells that there is a reboot
  lock=$(puppet config print --section agent agent_catalog_run_lockfile)
  while pid=$(cat "$lock" 2>/dev/null) && kill -0 "$pid" 2>/dev/null; do
    sleep 1
  done
  touch "$mark" && note "rebooting $1" || exit 1
  # each of them lets no job in from now on, and goes on when its last is done
  set -- systemctl reboot
  for service in $(services); do
    set -- releases "$service" drain "$@"
  done
  # systemd ends this, too, when the machine goes down, or when somebody has thought better of it
  trap : TERM
  "$@" && exit
  [ "$(systemctl is-system-running)" = stopping ] && exit
  forget
  exit 1
}

verify() {
  read -r state version <"$record"
  [ "$state" = rebooting ] && [ ! -e "$mark" ] || exit 0
  # a driver that hangs is not waited for, and what hangs in it has the lock: none is started beside it
  flock --nonblock /run/nvidia-rebooted timeout --signal=KILL 30 nvidia-smi --list-gpus >/dev/null || exit 1
  for service in $(services); do
    releases "$service" active >/dev/null || exit 1
  done
  note "rebooted $version"
}

"$@"
