# Rendered by fleet render from templates/module/manifests/description.pp.j2: edit that, not this file.

# @summary What the program releases is told of Echo's 回声 100% "tiny" <%= title %> ${title}
#
# @api private
class echo_tiny::description {
  assert_private()

  require releases

  $doors = [$echo_tiny::port, $echo_tiny::plain_port].filter |$port| { $port =~ NotUndef }.map |$port| {
    "${echo_tiny::address}:${port}"
  }
  $places = $echo_tiny::metrics_port ? {
    undef   => $doors,
    default => $doors + ["127.0.0.1:${echo_tiny::metrics_port}"],
  }

  # Before anything of the release is made: what is wanted is not pruned, and until then it looks half-made.
  file { '/etc/releases/echo_tiny.json':
    ensure  => file,
    owner   => 'root',
    group   => 'root',
    mode    => '0644',
    content => stdlib::to_json_pretty({
        'service'         => 'echo_tiny',
        'webui'           => 'echo_tiny-webui',
        'front'           => 'echo_tiny-front.service',
        'front_dir'       => $echo_tiny::front::run_dir,
        'metrics'         => '/var/lib/releases/echo_tiny.prom',
        'notice'          => $echo_tiny::front::notice,
        'front_ports'     => $places,
        'releases_dir'    => $echo_tiny::releases_dir,
        'deployments_dir' => "${echo_tiny::config_dir}/deployments",
        'wanted_release'  => $echo_tiny::release,
        'handover'        => $echo_tiny::handover,
        'drain_timeout'   => $echo_tiny::drain_timeout,
        'ready_timeout'   => $echo_tiny::ready_timeout,
        'retry_after'     => $echo_tiny::retry_after,
        'keep_releases'   => $echo_tiny::keep_releases,
        'cards'           => $echo_tiny::front::cards,
        'backends'        => ['pages'],
        'entrance'        => 'pages',
        'idle_backends'   => [],
    }),
  }
}
