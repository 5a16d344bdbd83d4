# Rendered by fleet render from templates/module/manifests/folders.pp.j2: edit that, not this file.

# @summary The folders of Speech recognition, and who owns what is in them
#
# @api private
class speech_recognition::folders {
  assert_private()

  $root = $speech_recognition::root
  $cache_hub = $speech_recognition::cache_hub
  $state_dir = $speech_recognition::state_dir
  $release_dir = $speech_recognition::release_dir
  $mirror = "${root}/source.git"
  $owner = "${speech_recognition::libexec_dir}/owner"
  $table = "${speech_recognition::config_dir}/owners"

  # What is in a folder belongs to its account; what is in another folder of this table, to that one's.
  $owners = {
    $mirror => 'asr-build',
    $release_dir => 'asr-build',
    # Nobody's: it is too much to look through on every run, and its stamp vouches for it.
    "${release_dir}/.venv" => '-',
    $state_dir => 'asr-user',
  } + ($speech_recognition::weights_dir ? {
      undef   => {},
      default => {
        "${cache_hub}/store" => 'asr-build',
        $speech_recognition::weights_dir => 'asr-build',
      },
  })

  file {
    default:
      ensure => directory,
      owner  => 'root',
      group  => 'root',
      mode   => '0755',
      ;
    [$root, $speech_recognition::config_dir, $speech_recognition::libexec_dir]:
      ;
    # Nothing in cache_hub is ever deleted by Puppet.
    [$speech_recognition::releases_dir, $speech_recognition::build_dir, $mirror, $cache_hub]:
      owner => 'asr-build',
      group => 'asr-build',
      ;
    [
      $state_dir,
      "${state_dir}/home",
    ]:
      owner => 'asr-user',
      group => 'asr-user',
      mode  => '0750',
      ;
    $owner:
      ensure  => file,
      content => file('speech_recognition/owner.sh'),
      ;
    $table:
      ensure  => file,
      content => $owners.map |$folder, $account| { "${account} ${folder}\n" }.join,
      mode    => '0644',
      ;
  }

  # Before any other use of them, since git trusts no folder of somebody else's.
  exec { 'speech_recognition: restore owners':
    command   => [$owner, 'restore', $table],
    unless    => [['/bin/sh', $owner, 'check', $table]],
    logoutput => true,
    require   => File[$owner, $table, $mirror, $speech_recognition::releases_dir, $cache_hub, $state_dir],
  }
}
