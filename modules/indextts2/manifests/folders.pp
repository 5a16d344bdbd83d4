# Rendered by fleet render from templates/module/manifests/folders.pp.j2: edit that, not this file.

# @summary The folders of IndexTTS2, and who owns what is in them
#
# @api private
class indextts2::folders {
  assert_private()

  $root = $indextts2::root
  $cache_hub = $indextts2::cache_hub
  $state_dir = $indextts2::state_dir
  $release_dir = $indextts2::release_dir
  $mirror = "${root}/source.git"
  $owner = "${indextts2::libexec_dir}/owner"
  $table = "${indextts2::config_dir}/owners"

  # What is in a folder belongs to its account; what is in another folder of this table, to that one's.
  $owners = {
    $mirror => 'tts-build',
    $release_dir => 'tts-build',
    # Nobody's: it is too much to look through on every run, and its stamp vouches for it.
    "${release_dir}/.venv" => '-',
    $state_dir => 'tts-user',
    "${cache_hub}/modelscope" => 'tts-user',
  } + ($indextts2::weights_dir ? {
      undef   => {},
      default => {
        "${cache_hub}/store" => 'tts-build',
        $indextts2::weights_dir => 'tts-build',
      },
  })

  file {
    default:
      ensure => directory,
      owner  => 'root',
      group  => 'root',
      mode   => '0755',
      ;
    [$root, $indextts2::config_dir, $indextts2::libexec_dir]:
      ;
    # Nothing in cache_hub is ever deleted by Puppet.
    [$indextts2::releases_dir, $indextts2::build_dir, $mirror, $cache_hub]:
      owner => 'tts-build',
      group => 'tts-build',
      ;
    # the caches that the service itself fills
    [
      "${cache_hub}/modelscope",
    ]:
      owner => 'tts-user',
      group => 'tts-user',
      ;
    [
      $state_dir,
      "${state_dir}/gradio",
      "${state_dir}/home",
      "${state_dir}/matplotlib",
      "${state_dir}/numba",
      "${state_dir}/outputs",
      "${state_dir}/outputs/presets",
      "${state_dir}/prompts",
    ]:
      owner => 'tts-user',
      group => 'tts-user',
      mode  => '0750',
      ;
    $owner:
      ensure  => file,
      content => file('indextts2/owner.sh'),
      ;
    $table:
      ensure  => file,
      content => $owners.map |$folder, $account| { "${account} ${folder}\n" }.join,
      mode    => '0644',
      ;
  }

  # Before any other use of them, since git trusts no folder of somebody else's.
  exec { 'indextts2: restore owners':
    command   => [$owner, 'restore', $table],
    unless    => [['/bin/sh', $owner, 'check', $table]],
    logoutput => true,
    require   => File[$owner, $table, $mirror, $indextts2::releases_dir, $cache_hub, $state_dir],
  }
}
