# Rendered by fleet render from templates/module/manifests/webui.pp.j2: edit that, not this file.

# @summary The web UI of IndexTTS2: what its instances run, and the switch to it
#
# @api private
class indextts2::webui {
  assert_private()

  $config_dir = $indextts2::config_dir

  $arguments = indextts2::arguments({
      '--model_dir' => $indextts2::weights_dir,
      '--verbose' => $indextts2::verbose,
      '--fp16' => $indextts2::fp16,
      '--deepspeed' => $indextts2::deepspeed,
      '--cuda_kernel' => $indextts2::cuda_kernel,
      '--accel' => $indextts2::accel,
      '--torch_compile' => $indextts2::torch_compile,
      '--qwen_emo' => $indextts2::qwen_emo,
      '--gui_seg_tokens' => $indextts2::gui_seg_tokens,
      '--version' => $indextts2::model_version,
    }, $indextts2::revision, $indextts2::pin['flags']) + $indextts2::extra_args

  $environment = {
    'GRADIO_ANALYTICS_ENABLED' => 'False',
    'GRADIO_TEMP_DIR' => "${indextts2::state_dir}/gradio",
    'HF_HUB_CACHE' => $indextts2::weights_dir ? {
      undef   => undef,
      default => "${indextts2::weights_dir}/hub",
    },
    'HF_HUB_DISABLE_TELEMETRY' => '1',
    'HOME' => "${indextts2::state_dir}/home",
    'MODELSCOPE_CACHE' => "${indextts2::cache_hub}/modelscope",
    'MPLCONFIGDIR' => "${indextts2::state_dir}/matplotlib",
    'NUMBA_CACHE_DIR' => "${indextts2::state_dir}/numba",
    'HF_ENDPOINT' => indextts2::variable($indextts2::hf_endpoint),
    'HF_HUB_OFFLINE' => indextts2::variable($indextts2::hf_hub_offline),
    'USE_MODELSCOPE' => indextts2::variable($indextts2::use_modelscope),
  }.filter |$name, $value| { $value =~ NotUndef } + $indextts2::environment

  $unit = epp('indextts2/webui.service.epp', {
      'config_dir'    => $config_dir,
      'release'       => $indextts2::release,
      'release_dir'   => $indextts2::release_dir,
      'state_dir'     => $indextts2::state_dir,
      'cache_hub'     => $indextts2::cache_hub,
      'arguments'     => $arguments,
      'environment'   => $environment,
      'cards'         => $indextts2::front::cards,
      'ready_timeout' => $indextts2::ready_timeout,
      'gpu'           => $indextts2::gpu,
      'gate'          => $indextts2::gpu::gate,
      'bindings'      => $indextts2::gpu::bindings,
  })
  # Whatever a web UI is started with is in its unit: another unit is another deployment, and a switch to it.
  $deployment = "${indextts2::release}.${sha256($unit)[0, 8]}"

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

  $indextts2::front::cards.each |$card, $slots| {
    $binding = $indextts2::gpu::bindings[$card]
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
        before  => Exec["indextts2: serve ${deployment}"],
      }

      file { [
          "${indextts2::state_dir}/outputs/${card}-${slot}",
          "${indextts2::state_dir}/outputs/${card}-${slot}/presets",
        ]:
          ensure => directory,
          owner  => 'tts-user',
          group  => 'tts-user',
          mode   => '0750',
          before => Exec["indextts2: serve ${deployment}"],
      }
    }
  }

  # At boot it brings back what served, and ends a switch that was cut off.
  service { 'releases@indextts2.service':
    enable => true,
  }

  # Of several cards, those whose web UI runs get the requests; and a gateway, and Prometheus, are told how the service is.
  service { 'releases-watch@indextts2.service':
    ensure    => running,
    enable    => true,
    subscribe => Class['releases'],
  }

  # It asks systemd to switch, and waits: a run that is killed here leaves the switch to go on.
  exec { "indextts2: serve ${deployment}":
    command   => ['/usr/local/sbin/releases', 'indextts2', 'activate', $deployment],
    unless    => [['/usr/local/sbin/releases', 'indextts2', 'active', $deployment]],
    logoutput => true,
    # one that is under way has to end first
    timeout   => 2 * $indextts2::front::hold,
    require   => [
      File["${config_dir}/deployments/${deployment}.service"],
      Service['releases@indextts2.service'],
    ],
  }
}
