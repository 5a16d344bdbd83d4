# Rendered by fleet render from templates/module/manifests/packages.pp.j2: edit that, not this file.

# @summary The system's packages that IndexTTS2 needs
#
# @api private
class indextts2::packages {
  assert_private()

  # shared with other services on the node, so declared once and never removed
  stdlib::ensure_packages($indextts2::packages + $indextts2::extra_packages)
}
