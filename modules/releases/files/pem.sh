#!/bin/sh
# usage: pem check|install CERTIFICATE KEY TARGET [GROUP NAMED]
# TARGET holds CERTIFICATE and KEY, both PEM, one after the other, for GROUP to read: is it so, or make it so. What does
# not belong together, or what HAProxy does not take, never gets there. NAMED says where the two are named.
set -eu
action=$1 certificate=$2 key=$3 target=$4

# a certificate's last line may lack its end
both() {
  cat "$certificate" && echo && cat "$key"
}

case $action in
check)
  both 2>/dev/null | cmp -s - "$target"
  ;;
install)
  group=$5 named=$6
  for file in "$certificate" "$key"; do
    [ -r "$file" ] || {
      echo "$file is not there ($named name what is)" >&2
      exit 1
    }
  done
  of_certificate=$(openssl x509 -in "$certificate" -noout -pubkey) || {
    echo "$certificate is no certificate in PEM ($named name it)" >&2
    exit 1
  }
  of_key=$(openssl pkey -in "$key" -pubout -passin pass:) || {
    echo "$key is no key in PEM without a passphrase ($named name it)" >&2
    exit 1
  }
  [ "$of_certificate" = "$of_key" ] || {
    echo "$key is not the key of $certificate ($named name them)" >&2
    exit 1
  }
  umask 077
  trap 'rm -f "$target.new" "$target.try"' EXIT
  both >"$target.new"
  cat >"$target.try" <<CONFIGURATION
defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend try
    bind 127.0.0.1:443 ssl crt $target.new ssl-min-ver TLSv1.2
CONFIGURATION
  said=$(/usr/sbin/haproxy -c -f "$target.try" 2>&1) || {
    echo "$said" | grep -m 1 ALERT >&2 || :
    echo "HAProxy does not take $certificate with $key ($named name them): give it a whole PEM certificate with its chain, and a key that is long enough, such as RSA with 2048 bits" >&2
    exit 1
  }
  chgrp "$group" "$target.new"
  chmod 640 "$target.new"
  sync "$target.new"
  mv "$target.new" "$target"
  ;;
*)
  echo "pem: unknown action $action" >&2
  exit 2
  ;;
esac
