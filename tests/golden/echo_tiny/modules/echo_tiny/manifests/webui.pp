# Rendered by fleet render from templates/module/manifests/webui.pp.j2: edit that, not this file.

# @summary The web UI of Echo's 回声 100% "tiny" <%= title %> ${title}: its unit, its environment and what it writes
#
# @api private
class echo_tiny::webui {
  assert_private()

  $release_dir = $echo_tiny::release_dir
  $state_dir = $echo_tiny::state_dir
  $unit = 'echo_tiny-webui.service'

  $arguments = echo_tiny::arguments({
      '--bind' => $echo_tiny::address,
      '--listen-port' => $echo_tiny::port,
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

  $probe_host = $echo_tiny::address ? {
    '0.0.0.0' => '127.0.0.1',
    /:/       => "[${regsubst($echo_tiny::address, '\A::\z', '::1')}]",
    default   => $echo_tiny::address,
  }

  file { "/etc/systemd/system/${unit}":
    ensure  => file,
    owner   => 'root',
    group   => 'root',
    mode    => '0644',
    content => epp('echo_tiny/webui.service.epp', {
        'release'       => $echo_tiny::release,
        'release_dir'   => $release_dir,
        'state_dir'     => $state_dir,
        'cache_hub'     => $echo_tiny::cache_hub,
        'arguments'     => $arguments,
        'environment'   => $environment,
        'ready_url'     => "http://${probe_host}:${echo_tiny::port}/",
        'ready_timeout' => $echo_tiny::ready_timeout,
    }),
  }

  # Puppet reloads systemd by itself where the unit on disk is not the one that systemd holds.
  service { $unit:
    ensure    => running,
    enable    => true,
    subscribe => [
      File["/etc/systemd/system/${unit}"],
      Vcsrepo[$release_dir],
      Exec["echo_tiny: restore checkout ${release_dir}"],
      Exec["echo_tiny: Python environment of ${release_dir}"],
    ],
  }
}
