# Rendered by fleet render from templates/module/manifests/description.pp.j2: edit that, not this file.

# @summary What the program releases is told of Speech recognition
#
# @api private
class speech_recognition::description {
  assert_private()

  require releases

  $doors = [$speech_recognition::port, $speech_recognition::plain_port].filter |$port| { $port =~ NotUndef }.map |$port| {
    "${speech_recognition::address}:${port}"
  }
  $places = $speech_recognition::metrics_port ? {
    undef   => $doors,
    default => $doors + ["127.0.0.1:${speech_recognition::metrics_port}"],
  }

  # Before anything of the release is made: what is wanted is not pruned, and until then it looks half-made.
  file { '/etc/releases/speech_recognition.json':
    ensure  => file,
    owner   => 'root',
    group   => 'root',
    mode    => '0644',
    content => stdlib::to_json_pretty({
        'service'         => 'speech_recognition',
        'webui'           => 'speech_recognition-webui',
        'front'           => 'speech_recognition-front.service',
        'front_dir'       => $speech_recognition::front::run_dir,
        'metrics'         => '/var/lib/releases/speech_recognition.prom',
        'notice'          => $speech_recognition::front::notice,
        'front_ports'     => $places,
        'releases_dir'    => $speech_recognition::releases_dir,
        'deployments_dir' => "${speech_recognition::config_dir}/deployments",
        'wanted_release'  => $speech_recognition::release,
        'handover'        => $speech_recognition::handover,
        'drain_timeout'   => $speech_recognition::drain_timeout,
        'ready_timeout'   => $speech_recognition::ready_timeout,
        'retry_after'     => $speech_recognition::retry_after,
        'keep_releases'   => $speech_recognition::keep_releases,
        'cards'           => $speech_recognition::front::cards,
        'backends'        => ['tasks', 'pages'],
        'entrance'        => 'tasks',
        'idle_backends'   => [],
        'gate'            => $speech_recognition::gpu::gate,
        'lost'            => $speech_recognition::gpu::lost,
        'wait_timeout'    => $speech_recognition::gpu::wait,
        'bindings'        => $speech_recognition::gpu::bindings,
        'weights'         => '/usr/local/sbin/weights',
        'smoke'           => $speech_recognition::front::smoke,
    }),
  }
}
