# Rendered by fleet render from templates/module/manifests/owned.pp.j2: edit that, not this file.

# @summary A folder in which all belongs to one account, and nobody else may write
#
# What was changed by hand is put back; links are not followed.
#
# @param account
#   The account, and its group.
#
# @param path
#   The folder.
#
# @param except
#   Folders in it that are left alone.
#
# @api private
define echo_tiny::owned (
  String[1] $account,
  Stdlib::Unixpath $path = $title,
  Array[Stdlib::Unixpath] $except = [],
) {
  assert_private()

  $owner = "${echo_tiny::libexec_dir}/owner"

  exec { "echo_tiny: restore owner of ${path}":
    command => [$owner, 'restore', $account, $path] + $except,
    unless  => [['/bin/sh', $owner, 'check', $account, $path] + $except],
    require => File[$owner],
  }
}
