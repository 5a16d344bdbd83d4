# Rendered by fleet render from templates/module/manifests/weights.pp.j2: edit that, not this file.

# @summary The weights of Stable Diffusion, in cache_hub
#
# Nothing here is ever deleted by Puppet.
#
# @api private
class stable_diffusion::weights {
  assert_private()

  require weights

  $s3 = $stable_diffusion::weights_sources.any |$source| { $source =~ /\As3:/ }
  if $s3 {
    require weights::s3
  }
  $key = $s3 ? {
    true    => $stable_diffusion::weights_s3_credentials,
    default => undef,
  }
  # in the form that the client of S3 has them in, for the account that fetches alone
  $credentials = '/etc/weights/stable_diffusion.s3'
  $told = $key ? {
    undef   => undef,
    default => $credentials,
  }
  if $key {
    $lines = $key.unwrap.map |$name, $value| { "aws_${name} = ${value}\n" }

    file { $credentials:
      ensure    => file,
      owner     => 'sd-build',
      group     => 'sd-build',
      mode      => '0400',
      content   => Sensitive("[default]\n${lines.join}"),
      show_diff => false,
      backup    => false,
    }
  } else {
    # a key that nobody uses is no more than a risk
    file { $credentials:
      ensure => absent,
      backup => false,
    }
  }

  $bundles = $stable_diffusion::weights.filter |$name, $bundle| { 'files_sha256' in $bundle }
  $variables = ["HOME=${stable_diffusion::build_dir}"]
  + $stable_diffusion::build_variables.map |$name, $value| { "${name}=${value}" }

  file {
    default:
      ensure => file,
      owner  => 'root',
      group  => 'root',
      mode   => '0644',
      ;
    '/etc/weights/stable_diffusion.json':
      content => stdlib::to_json_pretty({
          'cache_hub' => $stable_diffusion::cache_hub,
          'sources'   => $stable_diffusion::weights_sources,
          'hub'       => $stable_diffusion::hf_endpoint,
          's3'        => {
            'endpoint'    => $stable_diffusion::weights_s3_endpoint,
            'region'      => $stable_diffusion::weights_s3_region,
            'credentials' => $told,
          },
          'bundles'   => Hash($bundles.map |$name, $bundle| { ["${name}-${bundle['revision'][0, 7]}", $bundle] }),
          'wanted'    => $stable_diffusion::weights_dir.then |$folder| { $folder.split('/')[-1] },
          # what these name is needed, too: each may be started again
          'units'     => ["${stable_diffusion::config_dir}/deployments/*.service", '/etc/systemd/system/stable_diffusion-webui@*.service'],
      }),
      ;
    '/etc/systemd/system/stable_diffusion-weights.service':
      content => epp('stable_diffusion/weights.service.epp', {
          'cache_hub' => $stable_diffusion::cache_hub,
          'variables' => $variables,
      }),
      ;
    '/etc/systemd/system/stable_diffusion-weights.timer':
      content => file('stable_diffusion/weights.timer'),
      ;
  }

  service { 'stable_diffusion-weights.timer':
    ensure    => running,
    enable    => true,
    subscribe => File['/etc/systemd/system/stable_diffusion-weights.timer'],
    require   => File['/etc/systemd/system/stable_diffusion-weights.service', $credentials],
  }

  if $stable_diffusion::weights_dir {
    $digest = $stable_diffusion::weights[$stable_diffusion::pin['weights']]['files_sha256']
    $folder = $stable_diffusion::weights_dir.split('/')[-1]

    exec { "stable_diffusion: list of weights ${digest}":
      command   => ["${weights::lib}/fetch-list", $digest, '/etc/weights/lists', $environment],
      unless    => [['/bin/sh', '-c', 'echo "$1  /etc/weights/lists/$1.json" | sha256sum --check --status', 'sh', $digest]],
      path      => ['/opt/puppetlabs/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'],
      logoutput => 'on_failure',
      tries     => 3,
      try_sleep => 10,
    }

    exec { "stable_diffusion: weights ${stable_diffusion::weights_dir}":
      command     => ['/usr/local/sbin/weights', 'stable_diffusion', 'fetch', $folder],
      environment => $variables,
      unless      => [['/usr/local/sbin/weights', 'stable_diffusion', 'check', $folder]],
      user        => 'sd-build',
      cwd         => '/',
      logoutput   => true,
      # as long as it gets on: each source that does not is given up by itself
      timeout     => 0,
      require     => [
        Exec["stable_diffusion: list of weights ${digest}"],
        File['/etc/weights/stable_diffusion.json', $credentials],
      ],
    }
  }
}
