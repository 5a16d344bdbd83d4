# Rendered by fleet render from templates/module/manifests/weights.pp.j2: edit that, not this file.

# @summary The weights of IndexTTS2, in cache_hub
#
# Nothing here is ever deleted by Puppet.
#
# @api private
class indextts2::weights {
  assert_private()

  require weights

  $s3 = $indextts2::weights_sources.any |$source| { $source =~ /\As3:/ }
  if $s3 {
    require weights::s3
  }
  $key = $s3 ? {
    true    => $indextts2::weights_s3_credentials,
    default => undef,
  }
  # in the form that the client of S3 has them in, for the account that fetches alone
  $credentials = '/etc/weights/indextts2.s3'
  $told = $key ? {
    undef   => undef,
    default => $credentials,
  }
  if $key {
    $lines = $key.unwrap.map |$name, $value| { "aws_${name} = ${value}\n" }

    file { $credentials:
      ensure    => file,
      owner     => 'tts-build',
      group     => 'tts-build',
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

  $bundles = $indextts2::weights.filter |$name, $bundle| { 'files_sha256' in $bundle }
  $variables = ["HOME=${indextts2::build_dir}"]
  + $indextts2::build_variables.map |$name, $value| { "${name}=${value}" }

  file {
    default:
      ensure => file,
      owner  => 'root',
      group  => 'root',
      mode   => '0644',
      ;
    '/etc/weights/indextts2.json':
      content => stdlib::to_json_pretty({
          'cache_hub' => $indextts2::cache_hub,
          'sources'   => $indextts2::weights_sources,
          'hub'       => $indextts2::hf_endpoint,
          's3'        => {
            'endpoint'    => $indextts2::weights_s3_endpoint,
            'region'      => $indextts2::weights_s3_region,
            'credentials' => $told,
          },
          'bundles'   => Hash($bundles.map |$name, $bundle| { ["${name}-${bundle['revision'][0, 7]}", $bundle] }),
          'wanted'    => $indextts2::weights_dir.then |$folder| { $folder.split('/')[-1] },
          # what these name is needed, too: each may be started again
          'units'     => ["${indextts2::config_dir}/deployments/*.service", '/etc/systemd/system/indextts2-webui@*.service'],
      }),
      ;
    '/etc/systemd/system/indextts2-weights.service':
      content => epp('indextts2/weights.service.epp', {
          'cache_hub' => $indextts2::cache_hub,
          'variables' => $variables,
      }),
      ;
    '/etc/systemd/system/indextts2-weights.timer':
      content => file('indextts2/weights.timer'),
      ;
  }

  service { 'indextts2-weights.timer':
    ensure    => running,
    enable    => true,
    subscribe => File['/etc/systemd/system/indextts2-weights.timer'],
    require   => File['/etc/systemd/system/indextts2-weights.service', $credentials],
  }

  if $indextts2::weights_dir {
    $digest = $indextts2::weights[$indextts2::pin['weights']]['files_sha256']
    $folder = $indextts2::weights_dir.split('/')[-1]

    exec { "indextts2: list of weights ${digest}":
      command   => ["${weights::lib}/fetch-list", $digest, '/etc/weights/lists', $environment],
      unless    => [['/bin/sh', '-c', 'echo "$1  /etc/weights/lists/$1.json" | sha256sum --check --status', 'sh', $digest]],
      path      => ['/opt/puppetlabs/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'],
      logoutput => 'on_failure',
      tries     => 3,
      try_sleep => 10,
    }

    exec { "indextts2: weights ${indextts2::weights_dir}":
      command     => ['/usr/local/sbin/weights', 'indextts2', 'fetch', $folder],
      environment => $variables,
      unless      => [['/usr/local/sbin/weights', 'indextts2', 'check', $folder]],
      user        => 'tts-build',
      cwd         => '/',
      logoutput   => true,
      # as long as it gets on: each source that does not is given up by itself
      timeout     => 0,
      require     => [
        Exec["indextts2: list of weights ${digest}"],
        File['/etc/weights/indextts2.json', $credentials],
      ],
    }
  }
}
