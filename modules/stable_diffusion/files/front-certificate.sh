#!/bin/sh
# Rendered by fleet render from templates/module/files/front-certificate.sh.j2: edit that, not this file.
#
# usage: front-certificate check|install CERTIFICATE KEY TARGET [GROUP]
# TARGET holds CERTIFICATE and KEY, both PEM, one after the other, for GROUP to read: is it so, or make it so. What does
# not belong together, or what HAProxy does not take, never gets there.
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
  for file in "$certificate" "$key"; do
    [ -r "$file" ] || {
      echo "$file is not there (tls_certificate and tls_key of stable_diffusion name what is)" >&2
      exit 1
    }
  done
  of_certificate=$(openssl x509 -in "$certificate" -noout -pubkey) || {
    echo "$certificate is no certificate in PEM (tls_certificate of stable_diffusion names it)" >&2
    exit 1
  }
  of_key=$(openssl pkey -in "$key" -pubout -passin pass:) || {
    echo "$key is no key in PEM without a passphrase (tls_key of stable_diffusion names it)" >&2
    exit 1
  }
  [ "$of_certificate" = "$of_key" ] || {
    echo "$key is not the key of $certificate (tls_key and tls_certificate of stable_diffusion name them)" >&2
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
    echo "HAProxy does not take $certificate with $key (tls_certificate and tls_key of stable_diffusion name them): give it a whole PEM certificate with its chain, and a key that is long enough, such as RSA with 2048 bits" >&2
    exit 1
  }
  chgrp "$5" "$target.new"
  chmod 640 "$target.new"
  sync "$target.new"
  mv "$target.new" "$target"
  ;;
*)
  echo "front-certificate: unknown action $action" >&2
  exit 2
  ;;
esac
