# A node is what its certificate says, and nothing else: a fact or a name could be forged, or mistyped.
node default {
  $role = $trusted['extensions']['pp_role']

  unless $role {
    fail(@("END"/L$))
      ${trusted['certname']} has no role: its certificate lacks the extension pp_role. Clean the certificate on the server \
      (puppetserver ca clean --certname ${trusted['certname']}), remove the node's ssl folder, write 'pp_role: tts_node' \
      under extension_requests in its csr_attributes.yaml, and run its agent again.
      |- END
  }

  include "role::${role}"
}
