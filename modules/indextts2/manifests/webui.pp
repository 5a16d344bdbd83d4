# Rendered by fleet render from templates/module/manifests/webui.pp.j2: edit that, not this file.

# @summary The web UI of IndexTTS2: its unit, its environment and what it writes
#
# @api private
class indextts2::webui {
  assert_private()

  $release_dir = $indextts2::release_dir
  $state_dir = $indextts2::state_dir
  $unit = 'indextts2-webui.service'

  $arguments = indextts2::arguments({
      '--host' => $indextts2::address,
      '--port' => $indextts2::port,
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
    'HF_HUB_CACHE' => "${indextts2::cache_hub}/hub",
    'HF_HUB_DISABLE_TELEMETRY' => '1',
    'HOME' => "${indextts2::state_dir}/home",
    'MODELSCOPE_CACHE' => "${indextts2::cache_hub}/modelscope",
    'MPLCONFIGDIR' => "${indextts2::state_dir}/matplotlib",
    'NUMBA_CACHE_DIR' => "${indextts2::state_dir}/numba",
    'HF_ENDPOINT' => indextts2::variable($indextts2::hf_endpoint),
    'CUDA_VISIBLE_DEVICES' => indextts2::variable($indextts2::cuda_visible_devices),
    'HF_HUB_OFFLINE' => indextts2::variable($indextts2::hf_hub_offline),
    'USE_MODELSCOPE' => indextts2::variable($indextts2::use_modelscope),
  }.filter |$name, $value| { $value =~ NotUndef } + $indextts2::environment

  $probe_host = $indextts2::address ? {
    '0.0.0.0' => '127.0.0.1',
    /:/       => "[${regsubst($indextts2::address, '\A::\z', '::1')}]",
    default   => $indextts2::address,
  }

  file { "/etc/systemd/system/${unit}":
    ensure  => file,
    owner   => 'root',
    group   => 'root',
    mode    => '0644',
    content => epp('indextts2/webui.service.epp', {
        'release'       => $indextts2::release,
        'release_dir'   => $release_dir,
        'state_dir'     => $state_dir,
        'cache_hub'     => $indextts2::cache_hub,
        'weights_dir'   => $indextts2::weights_dir,
        'arguments'     => $arguments,
        'environment'   => $environment,
        'ready_url'     => "http://${probe_host}:${indextts2::port}/config",
        'ready_timeout' => $indextts2::ready_timeout,
    }),
  }

  # Puppet reloads systemd by itself where the unit on disk is not the one that systemd holds.
  service { $unit:
    ensure    => running,
    enable    => true,
    subscribe => [
      File["/etc/systemd/system/${unit}"],
      Vcsrepo[$release_dir],
      Exec["indextts2: restore checkout ${release_dir}"],
      Exec["indextts2: Python environment of ${release_dir}"],
    ],
  }
}
