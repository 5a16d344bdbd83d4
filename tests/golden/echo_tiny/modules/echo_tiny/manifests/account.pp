# Rendered by fleet render from templates/module/manifests/account.pp.j2: edit that, not this file.

# @summary The accounts of Echo's 回声 100% "tiny" <%= title %> ${title}: one runs it, another builds what it runs, a third is its front's
#
# @api private
class echo_tiny::account {
  assert_private()

  # Apart, so that a hole in the service can change neither its code nor its environment, nor read the front's key.
  group { ['echo', 'echo-build', 'echo_tiny-front']:
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
    'echo':
      gid     => 'echo',
      comment => "Echo's 回声 100% \"tiny\" <%= title %> \${title} service",
      ;
    'echo-build':
      gid     => 'echo-build',
      home    => $echo_tiny::build_dir,
      comment => "Echo's 回声 100% \"tiny\" <%= title %> \${title} builds",
      ;
    'echo_tiny-front':
      gid     => 'echo_tiny-front',
      home    => '/nonexistent',
      comment => "Echo's 回声 100% \"tiny\" <%= title %> \${title} front",
      ;
  }
}
