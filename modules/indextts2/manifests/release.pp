# Rendered by fleet render from templates/module/manifests/release.pp.j2: edit that, not this file.

# @summary The release of IndexTTS2: its checkout at the pinned commit, and its Python environment
#
# @api private
class indextts2::release {
  assert_private()

  $pin = $indextts2::pin
  $commit = $pin['commit']
  $digest = $indextts2::digest
  $release_dir = $indextts2::release_dir
  $mirror = "${indextts2::root}/source.git"
  $libexec = $indextts2::libexec_dir
  $ignored = "${indextts2::config_dir}/gitignore"
  $build_environment = ["HOME=${indextts2::build_dir}", 'GIT_LFS_SKIP_SMUDGE=1', 'GIT_TERMINAL_PROMPT=0']
  + $indextts2::build_variables.map |$name, $value| { "${name}=${value}" }

  file {
    default:
      ensure => file,
      owner  => 'root',
      group  => 'root',
      mode   => '0644',
      ;
    $ignored:
      content => "/.venv/\n/examples/\n/indextts/utils/tagger_cache/\n/outputs/\n/outputs/presets/\n/prompts/\n",
      ;
    "${indextts2::config_dir}/release.json":
      content => stdlib::to_json_pretty({
          'revision' => $indextts2::revision,
          'release'  => $indextts2::release,
          'digest'   => $digest,
      } + $pin),
      ;
  }

  # Their text is in the catalogue: to look at a file on the server costs each run a request.
  ['fetch-commit.sh', 'checkout.sh', 'install-environment.sh', 'compile-bytecode.py'].each |$program| {
    file { "${libexec}/${program.regsubst('[.].*', '')}":
      ensure  => file,
      content => file("indextts2/${program}"),
      owner   => 'root',
      group   => 'root',
      mode    => '0755',
    }
  }

  # Every command of a release runs as the account that builds it: a hostile repository or
  # package must not get further than that account. (No `Exec { … }`: defined types would inherit it.)
  exec {
    default:
      user        => 'tts-build',
      cwd         => '/',
      environment => $build_environment,
      logoutput   => 'on_failure',
      ;
    "indextts2: fetch commit ${commit}":
      command   => ["${libexec}/fetch-commit", $indextts2::source, $mirror, $commit],
      unless    => [['/usr/bin/git', '-C', $mirror, 'rev-parse', '--quiet', '--verify', "refs/heads/pin-${commit}"]],
      timeout   => 1800,
      tries     => 3,
      try_sleep => 10,
      require   => File["${libexec}/fetch-commit"],
      ;
    # What a killed clone or a power cut leaves, vcsrepo takes for a checkout, and fails on for ever; and of a git that
    # fails, as on a full disk, vcsrepo 1.3.2 tells no word. It stays the one that moves a checkout to its commit.
    "indextts2: make checkout ${release_dir}":
      command => ["${libexec}/checkout", 'make', $release_dir, $ignored, $mirror, $commit],
      unless  => [['/bin/sh', "${libexec}/checkout", 'whole', $release_dir, $ignored]],
      require => [
        Exec["indextts2: fetch commit ${commit}"],
        File["${libexec}/checkout", $ignored],
      ],
      ;
    "indextts2: restore checkout ${release_dir}":
      command => ["${libexec}/checkout", 'restore', $release_dir, $ignored],
      unless  => [['/bin/sh', "${libexec}/checkout", 'clean', $release_dir, $ignored]],
      require => Vcsrepo[$release_dir],
      ;
    "indextts2: Python environment of ${release_dir}":
      command     => ["${libexec}/install-environment", $release_dir, $digest],
      # Puppet warns of a variable without a value
      environment => $build_environment + {
        'METHOD'      => $pin['install'],
        'INSTALLER'   => $indextts2::installer,
        'UV_VERSION'  => $indextts2::uv_version,
        'PYTHON'      => $pin['python'],
        'LOCK_SHA256' => $pin['lock_sha256'],
        'EXTRAS'      => $indextts2::extras.join(' '),
      }.filter |$name, $value| { $value =~ String[1] }.map |$name, $value| { "${name}=${value}" },
      # the Python that it stands on may go with an upgrade of the system
      unless      => [
        ['/bin/sh', '-c', 'test -x "$1/bin/python" && exec grep -qxF "$2" "$1/.complete"', 'sh', "${release_dir}/.venv", $digest],
      ],
      timeout     => $indextts2::install_timeout,
      tries       => 3,
      try_sleep   => 20,
      require     => [
        Exec["indextts2: restore checkout ${release_dir}"],
        File["${libexec}/install-environment", "${libexec}/compile-bytecode"],
      ],
      ;
  }

  vcsrepo { $release_dir:
    ensure     => present,
    provider   => 'git',
    source     => $mirror,
    revision   => $commit,
    user       => 'tts-build',
    submodules => false,
    require    => Exec["indextts2: make checkout ${release_dir}"],
  }

  # mount points of what the service writes; the folders themselves are in state/
  file { [
      "${release_dir}/outputs",
      "${release_dir}/outputs/presets",
      "${release_dir}/prompts",
    ]:
      ensure  => directory,
      owner   => 'tts-build',
      group   => 'tts-build',
      mode    => '0755',
      require => Exec["indextts2: restore checkout ${release_dir}"],
  }
}
