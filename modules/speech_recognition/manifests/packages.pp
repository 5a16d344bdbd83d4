# Rendered by fleet render from templates/module/manifests/packages.pp.j2: edit that, not this file.

# @summary The system's packages that Speech recognition needs
#
# @api private
class speech_recognition::packages {
  assert_private()

  # shared with other services on the node, so declared once and never removed
  stdlib::ensure_packages($speech_recognition::packages + $speech_recognition::extra_packages)
}
