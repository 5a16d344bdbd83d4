# Rendered by fleet render from templates/module/manifests/webui.pp.j2: edit that, not this file.

# @summary The web UI of Speech recognition: what its instances run, and the switch to it
#
# @api private
class speech_recognition::webui {
  assert_private()

  $config_dir = $speech_recognition::config_dir

  $arguments = speech_recognition::arguments({
    }, $speech_recognition::revision, $speech_recognition::pin['flags']) + $speech_recognition::extra_args

  $environment = {
    'DISABLE_TELEMETRY' => '1',
    'DO_NOT_TRACK' => '1',
    'GRADIO_ANALYTICS_ENABLED' => 'False',
    'HF_HUB_CACHE' => $speech_recognition::weights_dir ? {
      undef   => undef,
      default => "${speech_recognition::weights_dir}/hub",
    },
    'HF_HUB_DISABLE_TELEMETRY' => '1',
    'HOME' => "${speech_recognition::state_dir}/home",
    'PYANNOTE_METRICS_ENABLED' => '0',
    'HF_ENDPOINT' => speech_recognition::variable($speech_recognition::hf_endpoint),
    'LOG_LEVEL' => speech_recognition::variable($speech_recognition::log_level),
    'ENABLE_UI' => speech_recognition::variable($speech_recognition::ui),
    'STT_MODEL_TTL' => speech_recognition::variable($speech_recognition::stt_model_ttl),
    'WHISPER__INFERENCE_DEVICE' => speech_recognition::variable($speech_recognition::inference_device),
    'WHISPER__COMPUTE_TYPE' => speech_recognition::variable($speech_recognition::compute_type),
    'WHISPER__NUM_WORKERS' => speech_recognition::variable($speech_recognition::num_workers),
    'ALLOW_ORIGINS' => speech_recognition::variable($speech_recognition::allow_origins),
    'HF_HUB_OFFLINE' => speech_recognition::variable($speech_recognition::hf_hub_offline),
  }.filter |$name, $value| { $value =~ NotUndef } + $speech_recognition::environment

  $unit = epp('speech_recognition/webui.service.epp', {
      'config_dir'    => $config_dir,
      'release'       => $speech_recognition::release,
      'release_dir'   => $speech_recognition::release_dir,
      'state_dir'     => $speech_recognition::state_dir,
      'cache_hub'     => $speech_recognition::cache_hub,
      'arguments'     => $arguments,
      'environment'   => $environment,
      'cards'         => $speech_recognition::front::cards,
      'ready_timeout' => $speech_recognition::ready_timeout,
      'gpu'           => $speech_recognition::gpu,
      'gate'          => $speech_recognition::gpu::gate,
      'bindings'      => $speech_recognition::gpu::bindings,
  })
  # Whatever a web UI is started with is in its unit: another unit is another deployment, and a switch to it.
  $deployment = "${speech_recognition::release}.${sha256($unit)[0, 8]}"

  file {
    default:
      ensure => file,
      owner  => 'root',
      group  => 'root',
      mode   => '0644',
      ;
    ["${config_dir}/deployments", "${config_dir}/instances"]:
      ensure => directory,
      mode   => '0755',
      ;
    "${config_dir}/deployments/${deployment}.service":
      content => "# deployment ${deployment}\n${unit}",
      ;
  }

  $speech_recognition::front::cards.each |$card, $slots| {
    $binding = $speech_recognition::gpu::bindings[$card]
    # The order of nvidia-smi; CUDA's own puts the fastest first.
    $sees = $binding ? {
      undef   => '',
      default => "CUDA_DEVICE_ORDER=PCI_BUS_ID\nCUDA_VISIBLE_DEVICES=${binding}\n",
    }
    $slots.each |$slot, $port| {
      file { "${config_dir}/instances/${card}-${slot}.env":
        ensure  => file,
        owner   => 'root',
        group   => 'root',
        mode    => '0644',
        content => "PORT=${port}\n${sees}",
        before  => Exec["speech_recognition: serve ${deployment}"],
      }
    }
  }

  # At boot it brings back what served, and ends a switch that was cut off.
  service { 'releases@speech_recognition.service':
    enable => true,
  }

  # Of several cards, those whose web UI runs get the requests; and a gateway, and Prometheus, are told how the service is.
  service { 'releases-watch@speech_recognition.service':
    ensure    => running,
    enable    => true,
    subscribe => Class['releases'],
  }

  # It asks systemd to switch, and waits: a run that is killed here leaves the switch to go on.
  exec { "speech_recognition: serve ${deployment}":
    command   => ['/usr/local/sbin/releases', 'speech_recognition', 'activate', $deployment],
    unless    => [['/usr/local/sbin/releases', 'speech_recognition', 'active', $deployment]],
    logoutput => true,
    # one that is under way has to end first
    timeout   => 2 * $speech_recognition::front::hold,
    require   => [
      File["${config_dir}/deployments/${deployment}.service"],
      Service['releases@speech_recognition.service'],
    ],
  }
}
