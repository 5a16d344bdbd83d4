# Rendered by fleet render from templates/module/manifests/description.pp.j2: edit that, not this file.

# @summary What the program releases is told of IndexTTS2
#
# @api private
class indextts2::description {
  assert_private()

  require releases

  $doors = [$indextts2::port, $indextts2::plain_port].filter |$port| { $port =~ NotUndef }.map |$port| {
    "${indextts2::address}:${port}"
  }
  $places = $indextts2::metrics_port ? {
    undef   => $doors,
    default => $doors + ["127.0.0.1:${indextts2::metrics_port}"],
  }

  # Before anything of the release is made: what is wanted is not pruned, and until then it looks half-made.
  file { '/etc/releases/indextts2.json':
    ensure  => file,
    owner   => 'root',
    group   => 'root',
    mode    => '0644',
    content => stdlib::to_json_pretty({
        'service'         => 'indextts2',
        'webui'           => 'indextts2-webui',
        'front'           => 'indextts2-front.service',
        'front_dir'       => $indextts2::front::run_dir,
        'metrics'         => '/var/lib/releases/indextts2.prom',
        'notice'          => $indextts2::front::notice,
        'front_ports'     => $places,
        'releases_dir'    => $indextts2::releases_dir,
        'deployments_dir' => "${indextts2::config_dir}/deployments",
        'wanted_release'  => $indextts2::release,
        'handover'        => $indextts2::handover,
        'drain_timeout'   => $indextts2::drain_timeout,
        'ready_timeout'   => $indextts2::ready_timeout,
        'retry_after'     => $indextts2::retry_after,
        'keep_releases'   => $indextts2::keep_releases,
        'cards'           => $indextts2::front::cards,
        'backends'        => ['joins', 'streams', 'pages'],
        'entrance'        => 'joins',
        'idle_backends'   => ['heartbeats'],
        'gate'            => $indextts2::gpu::gate,
        'lost'            => $indextts2::gpu::lost,
        'wait_timeout'    => $indextts2::gpu::wait,
        'bindings'        => $indextts2::gpu::bindings,
        'weights'         => '/usr/local/sbin/weights',
        'smoke'           => $indextts2::front::smoke,
    }),
  }
}
