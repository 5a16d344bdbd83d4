#!/bin/sh
# A certificate of this machine's authority for a client that is no node; kept by Puppet (profile::watch_certificate).
#
#   puppet-client-certificate check NAME    is it there, as the authority has signed it, and good for 30 days more?
#   puppet-client-certificate make NAME     make it, or make it anew: the one before is revoked
#
# It has neither role nor environment, and so no catalogue: `puppetserver ca generate` alone takes both from this server's
# csr_attributes.yaml, and whoever has the key may then ask for a catalogue of the server's role, secrets and all.
set -eu

ca=/etc/puppet/puppetserver/ca
ssl=/var/lib/puppet/ssl
configuration=/etc/puppet/puppet.conf

usage() {
  echo 'usage: puppet-client-certificate check | make NAME' >&2
  exit 2
}

# is_pair CERTIFICATE KEY
is_pair() {
  public=$(openssl x509 -in "$1" -noout -pubkey 2>/dev/null) &&
    test "$public" = "$(openssl pkey -in "$2" -pubout 2>/dev/null)"
}

fingerprint() {
  openssl x509 -in "$1" -noout -fingerprint -sha256 2>/dev/null
}

# what the authority does not have is another's, or was revoked
is_good() {
  signed=$(fingerprint "$ca/signed/$name.pem") &&
    test "$signed" = "$(fingerprint "$certificate")" &&
    is_pair "$certificate" "$key" &&
    openssl x509 -in "$certificate" -noout -checkend 2592000 >/dev/null
}

is_known() {
  test -e "$ca/signed/$name.pem" || test -e "$ca/requests/$name.pem"
}

make() {
  umask 077
  new=$(mktemp -d "$ssl/new-XXXXXX")
  trap 'rm -rf "$new"' EXIT
  # Of what is set twice, the last word counts. What it is to be goes beside what is there until all of it is.
  cat "$configuration" - >"$new/puppet.conf" <<END

[server]
csr_attributes = $new/none
certdir = $new/certs
privatekeydir = $new/private_keys
publickeydir = $new/public_keys
localcacert = $ssl/certs/ca.pem
hostcert = $ssl/certs/\$certname.pem
hostprivkey = $ssl/private_keys/\$certname.pem
END
  # Of a request alone, which anybody may leave, it says that it could not revoke it, and takes it away.
  if is_known; then
    puppetserver ca clean --certname "$name" || ! is_known
  fi
  puppetserver ca generate --config "$new/puppet.conf" --certname "$name"
  if ! is_pair "$new/certs/$name.pem" "$new/private_keys/$name.pem"; then
    echo "puppet-client-certificate: the authority gave no certificate of this key for $name" >&2
    exit 1
  fi
  chmod 644 "$new/certs/$name.pem"
  mv "$new/private_keys/$name.pem" "$key"
  mv "$new/certs/$name.pem" "$certificate"
}

test $# -eq 2 || usage
name=$2 certificate=$ssl/certs/$2.pem key=$ssl/private_keys/$2.pem
case $1 in
  check) is_good ;;
  make) make ;;
  *) usage ;;
esac
