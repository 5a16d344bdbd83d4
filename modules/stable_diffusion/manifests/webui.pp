# Rendered by fleet render from templates/module/manifests/webui.pp.j2: edit that, not this file.

# @summary The web UI of Stable Diffusion: what its instances run, and the switch to it
#
# @api private
class stable_diffusion::webui {
  assert_private()

  $config_dir = $stable_diffusion::config_dir

  $arguments = stable_diffusion::arguments({
      '--verbose' => $stable_diffusion::log_level,
      '--database-url' => $stable_diffusion::database_url,
      '--disable-api-nodes' => $stable_diffusion::disable_api_nodes,
      '--disable-all-custom-nodes' => $stable_diffusion::disable_all_custom_nodes,
      '--disable-metadata' => $stable_diffusion::disable_metadata,
      '--preview-method' => $stable_diffusion::preview_method,
      '--enable-cors-header' => $stable_diffusion::enable_cors_header,
      '--max-upload-size' => $stable_diffusion::max_upload_size,
      '--reserve-vram' => $stable_diffusion::reserve_vram,
      '--lowvram' => $stable_diffusion::lowvram,
      '--highvram' => $stable_diffusion::highvram,
      '--force-fp16' => $stable_diffusion::force_fp16,
    }, $stable_diffusion::revision, $stable_diffusion::pin['flags']) + $stable_diffusion::extra_args

  $environment = {
    'DO_NOT_TRACK' => '1',
    'HF_HUB_DISABLE_TELEMETRY' => '1',
    'HF_HUB_OFFLINE' => '1',
    'HOME' => "${stable_diffusion::state_dir}/home",
    'MPLCONFIGDIR' => "${stable_diffusion::state_dir}/matplotlib",
    'HF_ENDPOINT' => stable_diffusion::variable($stable_diffusion::hf_endpoint),
  }.filter |$name, $value| { $value =~ NotUndef } + $stable_diffusion::environment

  $unit = epp('stable_diffusion/webui.service.epp', {
      'config_dir'    => $config_dir,
      'release'       => $stable_diffusion::release,
      'release_dir'   => $stable_diffusion::release_dir,
      'state_dir'     => $stable_diffusion::state_dir,
      'cache_hub'     => $stable_diffusion::cache_hub,
      'arguments'     => $arguments,
      'environment'   => $environment,
      'cards'         => $stable_diffusion::front::cards,
      'ready_timeout' => $stable_diffusion::ready_timeout,
      'gpu'           => $stable_diffusion::gpu,
      'gate'          => $stable_diffusion::gpu::gate,
      'bindings'      => $stable_diffusion::gpu::bindings,
  })
  # Whatever a web UI is started with is in its unit: another unit is another deployment, and a switch to it.
  $deployment = "${stable_diffusion::release}.${sha256($unit)[0, 8]}"

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

  $stable_diffusion::front::cards.each |$card, $slots| {
    $binding = $stable_diffusion::gpu::bindings[$card]
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
        before  => Exec["stable_diffusion: serve ${deployment}"],
      }

      file { [
          "${stable_diffusion::state_dir}/temp/${card}-${slot}",
        ]:
          ensure => directory,
          owner  => 'sd-user',
          group  => 'sd-user',
          mode   => '0750',
          before => Exec["stable_diffusion: serve ${deployment}"],
      }
    }
  }

  # At boot it brings back what served, and ends a switch that was cut off.
  service { 'releases@stable_diffusion.service':
    enable => true,
  }

  # Of several cards, those whose web UI runs get the requests; and a gateway, and Prometheus, are told how the service is.
  service { 'releases-watch@stable_diffusion.service':
    ensure    => running,
    enable    => true,
    subscribe => Class['releases'],
  }

  # It asks systemd to switch, and waits: a run that is killed here leaves the switch to go on.
  exec { "stable_diffusion: serve ${deployment}":
    command   => ['/usr/local/sbin/releases', 'stable_diffusion', 'activate', $deployment],
    unless    => [['/usr/local/sbin/releases', 'stable_diffusion', 'active', $deployment]],
    logoutput => true,
    # one that is under way has to end first
    timeout   => 2 * $stable_diffusion::front::hold,
    require   => [
      File["${config_dir}/deployments/${deployment}.service"],
      Service['releases@stable_diffusion.service'],
    ],
  }
}
