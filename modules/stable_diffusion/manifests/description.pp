# Rendered by fleet render from templates/module/manifests/description.pp.j2: edit that, not this file.

# @summary What the program releases is told of Stable Diffusion
#
# @api private
class stable_diffusion::description {
  assert_private()

  require releases

  $doors = [$stable_diffusion::port, $stable_diffusion::plain_port].filter |$port| { $port =~ NotUndef }.map |$port| {
    "${stable_diffusion::address}:${port}"
  }
  $places = $stable_diffusion::metrics_port ? {
    undef   => $doors,
    default => $doors + ["127.0.0.1:${stable_diffusion::metrics_port}"],
  }

  # Before anything of the release is made: what is wanted is not pruned, and until then it looks half-made.
  file { '/etc/releases/stable_diffusion.json':
    ensure  => file,
    owner   => 'root',
    group   => 'root',
    mode    => '0644',
    content => stdlib::to_json_pretty({
        'service'         => 'stable_diffusion',
        'webui'           => 'stable_diffusion-webui',
        'front'           => 'stable_diffusion-front.service',
        'front_dir'       => $stable_diffusion::front::run_dir,
        'metrics'         => '/var/lib/releases/stable_diffusion.prom',
        'notice'          => $stable_diffusion::front::notice,
        'front_ports'     => $places,
        'releases_dir'    => $stable_diffusion::releases_dir,
        'deployments_dir' => "${stable_diffusion::config_dir}/deployments",
        'wanted_release'  => $stable_diffusion::release,
        'handover'        => $stable_diffusion::handover,
        'drain_timeout'   => $stable_diffusion::drain_timeout,
        'ready_timeout'   => $stable_diffusion::ready_timeout,
        'retry_after'     => $stable_diffusion::retry_after,
        'keep_releases'   => $stable_diffusion::keep_releases,
        'cards'           => $stable_diffusion::front::cards,
        'backends'        => ['tasks', 'results', 'pages'],
        'entrance'        => 'tasks',
        'idle_backends'   => ['heartbeats'],
        # what the front does not see of jobs
        'queue'           => { 'page' => '/prompt', 'count' => 'exec_info.queue_remaining' },
        'gate'            => $stable_diffusion::gpu::gate,
        'lost'            => $stable_diffusion::gpu::lost,
        'wait_timeout'    => $stable_diffusion::gpu::wait,
        'bindings'        => $stable_diffusion::gpu::bindings,
        'weights'         => '/usr/local/sbin/weights',
        'smoke'           => $stable_diffusion::front::smoke,
    }),
  }
}
