# @summary The name in the certificate that this machine's watch has: its own, or one beside it where it is the Puppet server
#
# A Puppet server's own certificate lets in to the authority, and its agents take whoever has it for their server. What
# speaks to a network, or shows what others wrote, gets another one there (profile::watch_certificate).
#
# @return
#   The certname.
function profile::watch_certname() >> Stdlib::Fqdn {
  $trusted['extensions']['pp_role'] ? {
    'puppet_server' => "watch.${trusted['certname']}",
    default         => $trusted['certname'],
  }
}
