# Rendered by fleet render from templates/module/manifests/weights.pp.j2: edit that, not this file.

# @summary The weights of Speech recognition, in cache_hub
#
# Nothing here is ever deleted by Puppet.
#
# @api private
class speech_recognition::weights {
  assert_private()

  require weights

  $s3 = $speech_recognition::weights_sources.any |$source| { $source =~ /\As3:/ }
  if $s3 {
    require weights::s3
  }
  $key = $s3 ? {
    true    => $speech_recognition::weights_s3_credentials,
    default => undef,
  }
  # in the form that the client of S3 has them in, for the account that fetches alone
  $credentials = '/etc/weights/speech_recognition.s3'
  $told = $key ? {
    undef   => undef,
    default => $credentials,
  }
  if $key {
    $lines = $key.unwrap.map |$name, $value| { "aws_${name} = ${value}\n" }

    file { $credentials:
      ensure    => file,
      owner     => 'asr-build',
      group     => 'asr-build',
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

  $bundles = $speech_recognition::weights.filter |$name, $bundle| { 'files_sha256' in $bundle }
  $variables = ["HOME=${speech_recognition::build_dir}"]
  + $speech_recognition::build_variables.map |$name, $value| { "${name}=${value}" }

  file {
    default:
      ensure => file,
      owner  => 'root',
      group  => 'root',
      mode   => '0644',
      ;
    '/etc/weights/speech_recognition.json':
      content => stdlib::to_json_pretty({
          'cache_hub' => $speech_recognition::cache_hub,
          'sources'   => $speech_recognition::weights_sources,
          'hub'       => $speech_recognition::hf_endpoint,
          's3'        => {
            'endpoint'    => $speech_recognition::weights_s3_endpoint,
            'region'      => $speech_recognition::weights_s3_region,
            'credentials' => $told,
          },
          'bundles'   => Hash($bundles.map |$name, $bundle| { ["${name}-${bundle['revision'][0, 7]}", $bundle] }),
          'wanted'    => $speech_recognition::weights_dir.then |$folder| { $folder.split('/')[-1] },
          # what these name is needed, too: each may be started again
          'units'     => ["${speech_recognition::config_dir}/deployments/*.service", '/etc/systemd/system/speech_recognition-webui@*.service'],
      }),
      ;
    '/etc/systemd/system/speech_recognition-weights.service':
      content => epp('speech_recognition/weights.service.epp', {
          'cache_hub' => $speech_recognition::cache_hub,
          'variables' => $variables,
      }),
      ;
    '/etc/systemd/system/speech_recognition-weights.timer':
      content => file('speech_recognition/weights.timer'),
      ;
  }

  service { 'speech_recognition-weights.timer':
    ensure    => running,
    enable    => true,
    subscribe => File['/etc/systemd/system/speech_recognition-weights.timer'],
    require   => File['/etc/systemd/system/speech_recognition-weights.service', $credentials],
  }

  if $speech_recognition::weights_dir {
    $digest = $speech_recognition::weights[$speech_recognition::pin['weights']]['files_sha256']
    $folder = $speech_recognition::weights_dir.split('/')[-1]

    exec { "speech_recognition: list of weights ${digest}":
      command   => ["${weights::lib}/fetch-list", $digest, '/etc/weights/lists', $environment],
      unless    => [['/bin/sh', '-c', 'echo "$1  /etc/weights/lists/$1.json" | sha256sum --check --status', 'sh', $digest]],
      path      => ['/opt/puppetlabs/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'],
      logoutput => 'on_failure',
      tries     => 3,
      try_sleep => 10,
    }

    exec { "speech_recognition: weights ${speech_recognition::weights_dir}":
      command     => ['/usr/local/sbin/weights', 'speech_recognition', 'fetch', $folder],
      environment => $variables,
      unless      => [['/usr/local/sbin/weights', 'speech_recognition', 'check', $folder]],
      user        => 'asr-build',
      cwd         => '/',
      logoutput   => true,
      # as long as it gets on: each source that does not is given up by itself
      timeout     => 0,
      require     => [
        Exec["speech_recognition: list of weights ${digest}"],
        File['/etc/weights/speech_recognition.json', $credentials],
      ],
    }
  }
}
