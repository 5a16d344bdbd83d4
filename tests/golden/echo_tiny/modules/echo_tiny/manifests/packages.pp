# Rendered by fleet render from templates/module/manifests/packages.pp.j2: edit that, not this file.

# @summary The system's packages that Echo's 回声 100% "tiny" <%= title %> ${title} needs
#
# @api private
class echo_tiny::packages {
  assert_private()

  # shared with other services on the node, so declared once and never removed
  stdlib::ensure_packages($echo_tiny::packages + $echo_tiny::extra_packages)
}
