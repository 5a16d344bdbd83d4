# Rendered by fleet render from templates/module/manifests/webui.pp.j2: edit that, not this file.

# @summary The web UI of Echo's 回声 100% "tiny" <%= title %> ${title}: what its instances run, and the switch to it
#
# @api private
class echo_tiny::webui {
  assert_private()

  $config_dir = $echo_tiny::config_dir

  $arguments = echo_tiny::arguments({
      '--motto' => $echo_tiny::motto,
      '--mode' => $echo_tiny::mode,
      '--gain' => $echo_tiny::gain,
      '--loud' => $echo_tiny::loud,
    }, $echo_tiny::revision, $echo_tiny::pin['flags']) + $echo_tiny::extra_args

  $environment = {
    'ECHO_CACHE' => "${echo_tiny::cache_hub}/echo/cache",
    'ECHO_GREETING' => "It's \"5 \$\", \${HOME}, #{x}, %{x}, 50 %n and C:\\\n\t你好\n",
    'HOME' => "${echo_tiny::state_dir}/home",
    'ECHO_SECRET_WORD' => echo_tiny::variable($echo_tiny::secret_word),
    'HF_ENDPOINT' => echo_tiny::variable($echo_tiny::hf_endpoint),
    'ECHO_DELAY' => echo_tiny::variable($echo_tiny::delay),
  }.filter |$name, $value| { $value =~ NotUndef } + $echo_tiny::environment

  $unit = epp('echo_tiny/webui.service.epp', {
      'config_dir'    => $config_dir,
      'release'       => $echo_tiny::release,
      'release_dir'   => $echo_tiny::release_dir,
      'state_dir'     => $echo_tiny::state_dir,
      'cache_hub'     => $echo_tiny::cache_hub,
      'arguments'     => $arguments,
      'environment'   => $environment,
      'cards'         => $echo_tiny::front::cards,
      'ready_timeout' => $echo_tiny::ready_timeout,
  })
  # Whatever a web UI is started with is in its unit: another unit is another deployment, and a switch to it.
  $deployment = "${echo_tiny::release}.${sha256($unit)[0, 8]}"

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

  $echo_tiny::front::cards.each |$card, $slots| {
    $slots.each |$slot, $port| {
      file { "${config_dir}/instances/${card}-${slot}.env":
        ensure  => file,
        owner   => 'root',
        group   => 'root',
        mode    => '0644',
        content => "PORT=${port}\n",
        before  => Exec["echo_tiny: serve ${deployment}"],
      }
    }
  }

  # At boot it brings back what served, and ends a switch that was cut off.
  service { 'releases@echo_tiny.service':
    enable => true,
  }

  # Of several cards, those whose web UI runs get the requests; and a gateway, and Prometheus, are told how the service is.
  service { 'releases-watch@echo_tiny.service':
    ensure    => running,
    enable    => true,
    subscribe => Class['releases'],
  }

  # It asks systemd to switch, and waits: a run that is killed here leaves the switch to go on.
  exec { "echo_tiny: serve ${deployment}":
    command   => ['/usr/local/sbin/releases', 'echo_tiny', 'activate', $deployment],
    unless    => [['/usr/local/sbin/releases', 'echo_tiny', 'active', $deployment]],
    logoutput => true,
    # one that is under way has to end first
    timeout   => 2 * $echo_tiny::front::hold,
    require   => [
      File["${config_dir}/deployments/${deployment}.service"],
      Service['releases@echo_tiny.service'],
    ],
  }
}
