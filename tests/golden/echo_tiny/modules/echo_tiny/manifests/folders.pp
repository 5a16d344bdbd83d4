# Rendered by fleet render from templates/module/manifests/folders.pp.j2: edit that, not this file.

# @summary The folders of Echo's 回声 100% "tiny" <%= title %> ${title}, and who owns what is in them
#
# @api private
class echo_tiny::folders {
  assert_private()

  $root = $echo_tiny::root
  $cache_hub = $echo_tiny::cache_hub
  $state_dir = $echo_tiny::state_dir
  $release_dir = $echo_tiny::release_dir
  $mirror = "${root}/source.git"
  $owner = "${echo_tiny::libexec_dir}/owner"
  $table = "${echo_tiny::config_dir}/owners"

  # What is in a folder belongs to its account; what is in another folder of this table, to that one's.
  $owners = {
    $mirror => 'echo-build',
    $release_dir => 'echo-build',
    # Nobody's: it is too much to look through on every run, and its stamp vouches for it.
    "${release_dir}/.venv" => '-',
    $state_dir => 'echo',
    "${cache_hub}/echo/cache" => 'echo',
  }

  file {
    default:
      ensure => directory,
      owner  => 'root',
      group  => 'root',
      mode   => '0755',
      ;
    [$root, $echo_tiny::config_dir, $echo_tiny::libexec_dir]:
      ;
    # Nothing in cache_hub is ever deleted by Puppet.
    [$echo_tiny::releases_dir, $echo_tiny::build_dir, $mirror, $cache_hub]:
      owner => 'echo-build',
      group => 'echo-build',
      ;
    # the caches that the service itself fills
    [
      "${cache_hub}/echo",
      "${cache_hub}/echo/cache",
    ]:
      owner => 'echo',
      group => 'echo',
      ;
    [
      $state_dir,
      "${state_dir}/home",
      "${state_dir}/spool",
      "${state_dir}/spool/in",
    ]:
      owner => 'echo',
      group => 'echo',
      mode  => '0750',
      ;
    $owner:
      ensure  => file,
      content => file('echo_tiny/owner.sh'),
      ;
    $table:
      ensure  => file,
      content => $owners.map |$folder, $account| { "${account} ${folder}\n" }.join,
      mode    => '0644',
      ;
  }

  # Before any other use of them, since git trusts no folder of somebody else's.
  exec { 'echo_tiny: restore owners':
    command   => [$owner, 'restore', $table],
    unless    => [['/bin/sh', $owner, 'check', $table]],
    logoutput => true,
    require   => File[$owner, $table, $mirror, $echo_tiny::releases_dir, $cache_hub, $state_dir],
  }
}
