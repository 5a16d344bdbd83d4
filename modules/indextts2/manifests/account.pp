# Rendered by fleet render from templates/module/manifests/account.pp.j2: edit that, not this file.

# @summary The accounts of IndexTTS2: one runs it, another builds what it runs, a third is its front's
#
# @api private
class indextts2::account {
  assert_private()

  # Apart, so that a hole in the service can change neither its code nor its environment, nor read the front's key.
  group { ['tts-user', 'tts-build', 'indextts2-front']:
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
    'tts-user':
      gid     => 'tts-user',
      comment => 'IndexTTS2 service',
      ;
    'tts-build':
      gid     => 'tts-build',
      home    => $indextts2::build_dir,
      comment => 'IndexTTS2 builds',
      ;
    'indextts2-front':
      gid     => 'indextts2-front',
      home    => '/nonexistent',
      comment => 'IndexTTS2 front',
      ;
  }
}
