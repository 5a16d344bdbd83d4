#!/bin/sh
# lost UUID: say that a card cannot be reached any more, and exit 0; exit 1 where it is there, or where nobody knows, such as
# while the driver and its libraries differ.
# nvidia-smi alone is no witness: it may complain of one card when it is asked for another (nvml.h,
# nvmlDeviceGetHandleByUUID: "if any GPU has fallen off the bus"). So the card is lost only if CUDA does not see it either.
# --foreground: one that hangs in the driver, where no signal ends it, is found by whoever looks at the group of this.
set -u
said=$(timeout --foreground --signal=KILL 5 nvidia-smi --id="$1" --query-gpu=uuid --format=csv,noheader 2>&1) && exit 1
case $said in
  *'Unable to determine the device handle'* | *'GPU is lost'* | *'No devices were found'*) ;;
  *) exit 1 ;;
esac
CUDA_VISIBLE_DEVICES=$1 "${0%/*}/gate" 2>/dev/null && exit 1
printf '%s is lost (%s)\n' "$1" "$(printf %s "$said" | head -n 1)"
