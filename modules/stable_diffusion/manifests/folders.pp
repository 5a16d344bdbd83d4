# Rendered by fleet render from templates/module/manifests/folders.pp.j2: edit that, not this file.

# @summary The folders of Stable Diffusion, and who owns what is in them
#
# @api private
class stable_diffusion::folders {
  assert_private()

  $root = $stable_diffusion::root
  $cache_hub = $stable_diffusion::cache_hub
  $state_dir = $stable_diffusion::state_dir
  $release_dir = $stable_diffusion::release_dir
  $mirror = "${root}/source.git"
  $owner = "${stable_diffusion::libexec_dir}/owner"
  $table = "${stable_diffusion::config_dir}/owners"

  # What is in a folder belongs to its account; what is in another folder of this table, to that one's.
  $owners = {
    $mirror => 'sd-build',
    $release_dir => 'sd-build',
    # Nobody's: it is too much to look through on every run, and its stamp vouches for it.
    "${release_dir}/.venv" => '-',
    $state_dir => 'sd-user',
  } + ($stable_diffusion::weights_dir ? {
      undef   => {},
      default => {
        "${cache_hub}/store" => 'sd-build',
        $stable_diffusion::weights_dir => 'sd-build',
      },
  })

  file {
    default:
      ensure => directory,
      owner  => 'root',
      group  => 'root',
      mode   => '0755',
      ;
    [$root, $stable_diffusion::config_dir, $stable_diffusion::libexec_dir]:
      ;
    # Nothing in cache_hub is ever deleted by Puppet.
    [$stable_diffusion::releases_dir, $stable_diffusion::build_dir, $mirror, $cache_hub]:
      owner => 'sd-build',
      group => 'sd-build',
      ;
    [
      $state_dir,
      "${state_dir}/home",
      "${state_dir}/input",
      "${state_dir}/matplotlib",
      "${state_dir}/output",
      "${state_dir}/temp",
      "${state_dir}/user",
    ]:
      owner => 'sd-user',
      group => 'sd-user',
      mode  => '0750',
      ;
    $owner:
      ensure  => file,
      content => file('stable_diffusion/owner.sh'),
      ;
    $table:
      ensure  => file,
      content => $owners.map |$folder, $account| { "${account} ${folder}\n" }.join,
      mode    => '0644',
      ;
  }

  # Before any other use of them, since git trusts no folder of somebody else's.
  exec { 'stable_diffusion: restore owners':
    command   => [$owner, 'restore', $table],
    unless    => [['/bin/sh', $owner, 'check', $table]],
    logoutput => true,
    require   => File[$owner, $table, $mirror, $stable_diffusion::releases_dir, $cache_hub, $state_dir],
  }
}
