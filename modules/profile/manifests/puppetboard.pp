# @summary Puppetboard: the record of PuppetDB to look at, behind the door of profile::web
#
# Debian has no package of it. It is built of a list with digests by an account of its own, and runs as another, which
# cannot change it. It is there only where the door is open.
#
# @example In hieradata/roles/monitoring.yaml
#   profile::puppetboard::puppetdb: puppet.example.org
#
# @param puppetdb
#   The name of the PuppetDB server.
# @param index_url
#   Where packages of Python come from; pip's own choice where it is not set.
class profile::puppetboard (
  Stdlib::Fqdn $puppetdb = $trusted['certname'],
  Optional[Stdlib::HTTPUrl] $index_url = undef,
) {
  include profile::web
  require profile::watch_certificate

  $unit = '/etc/systemd/system/puppetboard.service'
  $etc = '/etc/puppetboard'
  $home = '/opt/puppetboard'
  $venv = "${home}/venv"
  $requirements = "${etc}/requirements.txt"
  $tools = "${etc}/build.txt"

  if $profile::web::open {
    $environment = $index_url ? { undef => [], default => ["PIP_INDEX_URL=${index_url}"] }
    $secret = "${etc}/secret"

    package { 'python3-venv':
      ensure => installed,
    }

    user { 'puppetboard-build':
      ensure => present,
      system => true,
      home   => $home,
      shell  => '/usr/sbin/nologin',
    }

    file {
      default:
        ensure => file,
        owner  => 'root',
        group  => 'root',
        mode   => '0644',
        ;
      $etc:
        ensure => directory,
        mode   => '0755',
        ;
      $home:
        ensure => directory,
        owner  => 'puppetboard-build',
        mode   => '0755',
        ;
      $requirements:
        content => file('profile/puppetboard-requirements.txt'),
        ;
      $tools:
        content => file('profile/puppetboard-build.txt'),
        ;
      "${etc}/settings.py":
        content => epp('profile/puppetboard-settings.py.epp', { 'server' => $puppetdb }),
        ;
      $unit:
        content => epp('profile/puppetboard.service.epp', { 'certname' => $profile::watch_certificate::certname }),
        ;
    }

    # Beside the one that runs, which a rename takes the place of when all is there, its list included. What a killed build
    # left goes with the next; the one before stays till then, since it runs until the service is started anew.
    exec { 'build puppetboard':
      command     => "runs=$(readlink ${venv} || echo venv) && \
        find ${home} -maxdepth 1 -name 'venv-*' ! -name \"\$runs\" -exec rm -rf {} + && \
        new=$(mktemp -d ${home}/venv-XXXXXX) && chmod 755 \"\$new\" && \
        python3 -m venv \"\$new\" && \
        \$new/bin/pip install -q --no-cache-dir --require-hashes --only-binary :all: -r ${tools} && \
        \$new/bin/pip install -q --no-cache-dir --require-hashes --no-build-isolation -r ${requirements} && \
        cp ${requirements} \"\$new/installed\" && \
        { test -L ${venv} || rm -rf ${venv}; } && \
        ln -sfn \"$(basename \"\$new\")\" ${venv}.new && mv -T ${venv}.new ${venv}",
      unless      => "cmp -s ${requirements} ${venv}/installed",
      user        => 'puppetboard-build',
      cwd         => $home,
      environment => ["HOME=${home}"] + $environment,
      umask       => '022',
      path        => ['/usr/bin', '/bin'],
      provider    => shell,
      # an index that hangs keeps the machine's agent so long, once a run
      timeout     => 600,
      require     => [Package['python3-venv'], File[$home, $requirements, $tools]],
    }
    # By it the page knows its own forms again.
    -> exec { 'make the secret of puppetboard':
      command  => "umask 077 && openssl rand -hex 32 >${secret}.new && mv ${secret}.new ${secret}",
      unless   => "test -s ${secret}",
      path     => ['/usr/bin', '/bin'],
      provider => shell,
      require  => File[$etc],
    }
    -> service { 'puppetboard.service':
      ensure  => running,
      enable  => true,
      require => File[$unit, "${etc}/settings.py"],
    }
    -> units::current { 'puppetboard':
      unit  => 'puppetboard.service',
      files => [$unit, "${etc}/settings.py", "${venv}/installed", $profile::watch_certificate::certificate],
    }
  } else {
    exec { 'stop puppetboard':
      command  => 'systemctl disable --now puppetboard.service',
      unless   => "test ! -e ${unit}",
      path     => ['/usr/bin', '/bin'],
      provider => shell,
    }
    -> file { $unit:
      ensure => absent,
    }
  }
}
