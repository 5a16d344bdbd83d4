# Rendered by fleet render from templates/module/manifests/filled.pp.j2: edit that, not this file.

# @summary Folders of the checkout that are filled at install, and that Stable Diffusion only reads
#
# @api private
class stable_diffusion::filled {
  assert_private()

  $release_dir = $stable_diffusion::release_dir
  $fill = "${stable_diffusion::libexec_dir}/fill"

  # folder => by what, and what of it
  $filled = {
  } + ($stable_diffusion::weights_dir ? {
      undef   => {},
      default => {
        'models' => ['weights', $stable_diffusion::weights_dir],
      },
  })

  file { $fill:
    ensure  => file,
    content => file('stable_diffusion/fill.sh'),
    owner   => 'root',
    group   => 'root',
    mode    => '0755',
  }

  $filled.each |$folder, $how| {
    exec { "stable_diffusion: fill ${folder} of ${release_dir}":
      command     => [$fill, 'make', $release_dir, $folder] + $how,
      unless      => [['/bin/sh', $fill, 'check', $release_dir, $folder] + $how],
      user        => 'sd-build',
      cwd         => '/',
      environment => $stable_diffusion::release::build_environment,
      logoutput   => 'on_failure',
      timeout     => 1800,
      require     => File[$fill],
    }
  }
}
