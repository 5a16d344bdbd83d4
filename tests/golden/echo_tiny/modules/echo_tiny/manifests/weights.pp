# Rendered by fleet render from templates/module/manifests/weights.pp.j2: edit that, not this file.

# @summary cache_hub: the weights of Echo's 回声 100% "tiny" <%= title %> ${title} and the caches of its model hub
#
# Nothing here is ever deleted by Puppet.
#
# @api private
class echo_tiny::weights {
  assert_private()

  file { $echo_tiny::cache_hub:
    ensure => directory,
    owner  => 'echo-build',
    group  => 'echo-build',
    mode   => '0755',
  }

  # the caches that the service itself fills
  file { [
      "${echo_tiny::cache_hub}/echo",
      "${echo_tiny::cache_hub}/echo/cache",
    ]:
      ensure => directory,
      owner  => 'echo',
      group  => 'echo',
      mode   => '0755',
  }

  echo_tiny::owned { "${echo_tiny::cache_hub}/echo/cache":
    account => 'echo',
    require => File["${echo_tiny::cache_hub}/echo/cache"],
  }
}
