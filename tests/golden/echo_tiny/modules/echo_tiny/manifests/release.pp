# Rendered by fleet render from templates/module/manifests/release.pp.j2: edit that, not this file.

# @summary The release of Echo's 回声 100% "tiny" <%= title %> ${title}: its checkout at the pinned commit, and its Python environment
#
# @api private
class echo_tiny::release {
  assert_private()

  $pin = $echo_tiny::pin
  $commit = $pin['commit']
  $digest = $echo_tiny::digest
  $release_dir = $echo_tiny::release_dir
  $mirror = "${echo_tiny::root}/source.git"
  $libexec = $echo_tiny::libexec_dir
  $ignored = "${echo_tiny::config_dir}/gitignore"
  $build_environment = ["HOME=${echo_tiny::build_dir}", 'GIT_LFS_SKIP_SMUDGE=1', 'GIT_TERMINAL_PROMPT=0']
  + $echo_tiny::build_variables.map |$name, $value| { "${name}=${value}" }

  file {
    default:
      ensure => file,
      owner  => 'root',
      group  => 'root',
      mode   => '0644',
      ;
    $ignored:
      content => "/.venv/\n/spool/in/\n",
      ;
    "${echo_tiny::config_dir}/release.json":
      content => stdlib::to_json_pretty({
          'revision' => $echo_tiny::revision,
          'release'  => $echo_tiny::release,
          'digest'   => $digest,
      } + $pin),
      ;
  }

  # Their text is in the catalogue: to look at a file on the server costs each run a request.
  ['fetch-commit.sh', 'checkout.sh', 'install-environment.sh', 'compile-bytecode.py'].each |$program| {
    file { "${libexec}/${program.regsubst('[.].*', '')}":
      ensure  => file,
      content => file("echo_tiny/${program}"),
      owner   => 'root',
      group   => 'root',
      mode    => '0755',
    }
  }

  # Every command of a release runs as the account that builds it: a hostile repository or
  # package must not get further than that account. (No `Exec { … }`: defined types would inherit it.)
  exec {
    default:
      user        => 'echo-build',
      cwd         => '/',
      environment => $build_environment,
      logoutput   => 'on_failure',
      ;
    "echo_tiny: fetch commit ${commit}":
      command   => ["${libexec}/fetch-commit", $echo_tiny::source, $mirror, $commit],
      unless    => [['/usr/bin/git', '-C', $mirror, 'rev-parse', '--quiet', '--verify', "refs/heads/pin-${commit}"]],
      timeout   => 1800,
      tries     => 3,
      try_sleep => 10,
      require   => File["${libexec}/fetch-commit"],
      ;
    # What a killed clone or a power cut leaves, vcsrepo takes for a checkout, and fails on for ever; and of a git that
    # fails, as on a full disk, vcsrepo 1.3.2 tells no word. It stays the one that moves a checkout to its commit.
    "echo_tiny: make checkout ${release_dir}":
      command => ["${libexec}/checkout", 'make', $release_dir, $ignored, $mirror, $commit],
      unless  => [['/bin/sh', "${libexec}/checkout", 'whole', $release_dir, $ignored]],
      require => [
        Exec["echo_tiny: fetch commit ${commit}"],
        File["${libexec}/checkout", $ignored],
      ],
      ;
    "echo_tiny: restore checkout ${release_dir}":
      command => ["${libexec}/checkout", 'restore', $release_dir, $ignored],
      unless  => [['/bin/sh', "${libexec}/checkout", 'clean', $release_dir, $ignored]],
      require => Vcsrepo[$release_dir],
      ;
    "echo_tiny: Python environment of ${release_dir}":
      command     => ["${libexec}/install-environment", $release_dir, $digest],
      # Puppet warns of a variable without a value
      environment => $build_environment + {
        'METHOD'      => $pin['install'],
        'INSTALLER'   => $echo_tiny::installer,
        'UV_VERSION'  => $echo_tiny::uv_version,
        'PYTHON'      => $pin['python'],
        'LOCK_SHA256' => $pin['lock_sha256'],
        'EXTRAS'      => $echo_tiny::extras.join(' '),
      }.filter |$name, $value| { $value =~ String[1] }.map |$name, $value| { "${name}=${value}" },
      # the Python that it stands on may go with an upgrade of the system
      unless      => [
        ['/bin/sh', '-c', 'test -x "$1/bin/python" && exec grep -qxF "$2" "$1/.complete"', 'sh', "${release_dir}/.venv", $digest],
      ],
      timeout     => $echo_tiny::install_timeout,
      tries       => 3,
      try_sleep   => 20,
      require     => [
        Exec["echo_tiny: restore checkout ${release_dir}"],
        File["${libexec}/install-environment", "${libexec}/compile-bytecode"],
      ],
      ;
  }

  vcsrepo { $release_dir:
    ensure     => present,
    provider   => 'git',
    source     => $mirror,
    revision   => $commit,
    user       => 'echo-build',
    submodules => false,
    require    => Exec["echo_tiny: make checkout ${release_dir}"],
  }

  # mount points of what the service writes; the folders themselves are in state/
  file { [
      "${release_dir}/spool",
      "${release_dir}/spool/in",
    ]:
      ensure  => directory,
      owner   => 'echo-build',
      group   => 'echo-build',
      mode    => '0755',
      require => Exec["echo_tiny: restore checkout ${release_dir}"],
  }
}
