# Rendered by fleet render from templates/module/manifests/weights.pp.j2: edit that, not this file.

# @summary The weights of IndexTTS2, in cache_hub
#
# Nothing here is ever deleted by Puppet.
#
# @api private
class indextts2::weights {
  assert_private()

  if $indextts2::weights_dir {
    $bundle = $indextts2::weights[$indextts2::pin['weights']]
    $libexec = $indextts2::libexec_dir

    file { "${libexec}/fetch-weights":
      ensure  => file,
      content => file('indextts2/fetch-weights.sh'),
      owner   => 'root',
      group   => 'root',
      mode    => '0755',
    }

    exec { "indextts2: weights ${indextts2::weights_dir}":
      command     => [
        "${libexec}/fetch-weights",
        "${indextts2::release_dir}/.venv",
        $bundle['repository'],
        $bundle['revision'],
        $indextts2::weights_dir,
      ],
      environment => ["HOME=${indextts2::build_dir}"]
      + $indextts2::build_variables.map |$name, $value| { "${name}=${value}" },
      unless      => [['/bin/grep', '-qxF', $bundle['revision'], "${indextts2::weights_dir}/.complete"]],
      user        => 'tts-build',
      cwd         => '/',
      logoutput   => 'on_failure',
      timeout     => 0,
      tries       => 3,
      try_sleep   => 30,
      require     => File["${libexec}/fetch-weights"],
    }

    file { "${indextts2::weights_dir}/hf_cache":
      ensure  => directory,
      owner   => 'tts-user',
      group   => 'tts-user',
      mode    => '0755',
      require => Exec["indextts2: weights ${indextts2::weights_dir}"],
    }
  }
}
