# Rendered by fleet render from templates/module/manifests/account.pp.j2: edit that, not this file.

# @summary The accounts of Speech recognition: one runs it, another builds what it runs, a third is its front's
#
# @api private
class speech_recognition::account {
  assert_private()

  # Apart, so that a hole in the service can change neither its code nor its environment, nor read the front's key.
  group { ['asr-user', 'asr-build', 'speech_recognition-front']:
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
    # No home: while its processes run, usermod moves none, and its unit says where HOME is.
    'asr-user':
      gid     => 'asr-user',
      comment => 'Speech recognition service',
      ;
    'asr-build':
      gid     => 'asr-build',
      home    => $speech_recognition::build_dir,
      comment => 'Speech recognition builds',
      ;
    'speech_recognition-front':
      gid     => 'speech_recognition-front',
      home    => '/nonexistent',
      comment => 'Speech recognition front',
      ;
  }
}
