# Rendered by fleet render from templates/module/manifests/packages.pp.j2: edit that, not this file.

# @summary The system's packages that Stable Diffusion needs
#
# @api private
class stable_diffusion::packages {
  assert_private()

  # shared with other services on the node, so declared once and never removed
  stdlib::ensure_packages($stable_diffusion::packages + $stable_diffusion::extra_packages)
}
