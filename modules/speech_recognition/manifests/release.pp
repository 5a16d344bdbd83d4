# Rendered by fleet render from templates/module/manifests/release.pp.j2: edit that, not this file.

# @summary The release of Speech recognition: its checkout at the pinned commit, and its Python environment
#
# @api private
class speech_recognition::release {
  assert_private()

  $pin = $speech_recognition::pin
  $commit = $pin['commit']
  $digest = $speech_recognition::digest
  $release_dir = $speech_recognition::release_dir
  $mirror = "${speech_recognition::root}/source.git"
  $libexec = $speech_recognition::libexec_dir
  $ignored = "${speech_recognition::config_dir}/gitignore"
  $build_environment = ["HOME=${speech_recognition::build_dir}", 'GIT_LFS_SKIP_SMUDGE=1', 'GIT_TERMINAL_PROMPT=0']
  + $speech_recognition::build_variables.map |$name, $value| { "${name}=${value}" }

  file {
    default:
      ensure => file,
      owner  => 'root',
      group  => 'root',
      mode   => '0644',
      ;
    $ignored:
      content => "/.venv/\n",
      ;
    "${speech_recognition::config_dir}/release.json":
      content => stdlib::to_json_pretty({
          'revision' => $speech_recognition::revision,
          'release'  => $speech_recognition::release,
          'digest'   => $digest,
      } + $pin),
      ;
  }

  # Their text is in the catalogue: to look at a file on the server costs each run a request.
  ['fetch-commit.sh', 'checkout.sh', 'install-environment.sh', 'compile-bytecode.py'].each |$program| {
    file { "${libexec}/${program.regsubst('[.].*', '')}":
      ensure  => file,
      content => file("speech_recognition/${program}"),
      owner   => 'root',
      group   => 'root',
      mode    => '0755',
    }
  }

  # Every command of a release runs as the account that builds it: a hostile repository or
  # package must not get further than that account. (No `Exec { … }`: defined types would inherit it.)
  exec {
    default:
      user        => 'asr-build',
      cwd         => '/',
      environment => $build_environment,
      logoutput   => 'on_failure',
      ;
    "speech_recognition: fetch commit ${commit}":
      command   => ["${libexec}/fetch-commit", $speech_recognition::source, $mirror, $commit],
      unless    => [['/usr/bin/git', '-C', $mirror, 'rev-parse', '--quiet', '--verify', "refs/heads/pin-${commit}"]],
      timeout   => 1800,
      tries     => 3,
      try_sleep => 10,
      require   => File["${libexec}/fetch-commit"],
      ;
    # What a killed clone or a power cut leaves, vcsrepo takes for a checkout, and fails on for ever; and of a git that
    # fails, as on a full disk, vcsrepo 1.3.2 tells no word. It stays the one that moves a checkout to its commit.
    "speech_recognition: make checkout ${release_dir}":
      command => ["${libexec}/checkout", 'make', $release_dir, $ignored, $mirror, $commit],
      unless  => [['/bin/sh', "${libexec}/checkout", 'whole', $release_dir, $ignored]],
      require => [
        Exec["speech_recognition: fetch commit ${commit}"],
        File["${libexec}/checkout", $ignored],
      ],
      ;
    "speech_recognition: restore checkout ${release_dir}":
      command => ["${libexec}/checkout", 'restore', $release_dir, $ignored],
      unless  => [['/bin/sh', "${libexec}/checkout", 'clean', $release_dir, $ignored]],
      require => Vcsrepo[$release_dir],
      ;
    "speech_recognition: Python environment of ${release_dir}":
      command     => ["${libexec}/install-environment", $release_dir, $digest],
      # Puppet warns of a variable without a value
      environment => $build_environment + {
        'METHOD'      => $pin['install'],
        'INSTALLER'   => $speech_recognition::installer,
        'UV_VERSION'  => $speech_recognition::uv_version,
        'PYTHON'      => $pin['python'],
        'LOCK_SHA256' => $pin['lock_sha256'],
        'EXTRAS'      => $speech_recognition::extras.join(' '),
      }.filter |$name, $value| { $value =~ String[1] }.map |$name, $value| { "${name}=${value}" },
      # the Python that it stands on may go with an upgrade of the system
      unless      => [
        ['/bin/sh', '-c', 'test -x "$1/bin/python" && exec grep -qxF "$2" "$1/.complete"', 'sh', "${release_dir}/.venv", $digest],
      ],
      timeout     => $speech_recognition::install_timeout,
      tries       => 3,
      try_sleep   => 20,
      require     => [
        Exec["speech_recognition: restore checkout ${release_dir}"],
        File["${libexec}/install-environment", "${libexec}/compile-bytecode"],
      ],
      ;
  }

  vcsrepo { $release_dir:
    ensure     => present,
    provider   => 'git',
    source     => $mirror,
    revision   => $commit,
    user       => 'asr-build',
    submodules => false,
    require    => Exec["speech_recognition: make checkout ${release_dir}"],
  }
}
