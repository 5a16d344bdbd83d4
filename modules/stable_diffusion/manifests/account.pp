# Rendered by fleet render from templates/module/manifests/account.pp.j2: edit that, not this file.

# @summary The accounts of Stable Diffusion: one runs it, another builds what it runs, a third is its front's
#
# @api private
class stable_diffusion::account {
  assert_private()

  # Apart, so that a hole in the service can change neither its code nor its environment, nor read the front's key.
  group { ['sd-user', 'sd-build', 'stable_diffusion-front']:
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
    'sd-user':
      gid     => 'sd-user',
      comment => 'Stable Diffusion service',
      ;
    'sd-build':
      gid     => 'sd-build',
      home    => $stable_diffusion::build_dir,
      comment => 'Stable Diffusion builds',
      ;
    'stable_diffusion-front':
      gid     => 'stable_diffusion-front',
      home    => '/nonexistent',
      comment => 'Stable Diffusion front',
      ;
  }
}
