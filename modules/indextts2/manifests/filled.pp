# Rendered by fleet render from templates/module/manifests/filled.pp.j2: edit that, not this file.

# @summary Folders of the checkout that are filled at install, and that IndexTTS2 only reads
#
# @api private
class indextts2::filled {
  assert_private()

  $release_dir = $indextts2::release_dir
  $fill = "${indextts2::libexec_dir}/fill"

  # folder => by what, and what of it
  $filled = {
    'indextts/utils/tagger_cache' => ['python', 'from indextts.utils.front import TextNormalizer; TextNormalizer().load()'],
  } + ($indextts2::weights_dir ? {
      undef   => {},
      default => {
        'examples' => ['weights', "${indextts2::weights_dir}/demo/examples"],
      },
  })

  file { $fill:
    ensure  => file,
    content => file('indextts2/fill.sh'),
    owner   => 'root',
    group   => 'root',
    mode    => '0755',
  }

  $filled.each |$folder, $how| {
    exec { "indextts2: fill ${folder} of ${release_dir}":
      command     => [$fill, 'make', $release_dir, $folder] + $how,
      unless      => [['/bin/sh', $fill, 'check', $release_dir, $folder] + $how],
      user        => 'tts-build',
      cwd         => '/',
      environment => $indextts2::release::build_environment,
      logoutput   => 'on_failure',
      timeout     => 1800,
      require     => File[$fill],
    }
  }
}
