# Rendered by fleet render from templates/module/manifests/account.pp.j2: edit that, not this file.

# @summary The accounts of IndexTTS2: one runs it, another builds what it runs
#
# @api private
class indextts2::account {
  assert_private()

  # Two accounts, so that a hole in the service can change neither its code nor its environment.
  group { ['tts-user', 'tts-build']:
    ensure => present,
    system => true,
  }

  user {
    default:
      ensure     => present,
      system     => true,
      shell      => '/usr/sbin/nologin',
      managehome => false,
      password   => '!',
      ;
    'tts-user':
      gid     => 'tts-user',
      home    => $indextts2::state_dir,
      comment => 'IndexTTS2 service',
      ;
    'tts-build':
      gid     => 'tts-build',
      home    => $indextts2::build_dir,
      comment => 'IndexTTS2 builds',
      ;
  }
}
