# A node is what its certificate says, and nothing else: a fact or a name could be forged, or mistyped.
node default {
  $role = $trusted['extensions']['pp_role']

  unless $role {
    fail(@("END"/L$))
      ${trusted['certname']} has no role: its certificate lacks the extension pp_role. Clean the certificate on the server \
      (puppetserver ca clean --certname ${trusted['certname']}), remove the node's ssl folder, and invite it again with \
      'fleet join ${trusted['certname']} --role tts_node', which names its role in the request.
      |- END
  }

  include "role::${role}"
}
