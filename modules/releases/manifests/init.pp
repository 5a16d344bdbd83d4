# @summary The program that switches, rolls back and reports the releases of a node's services
#
# A service describes itself in /etc/releases/SERVICE.json, enables releases@SERVICE.service, and asks for a
# deployment by `releases SERVICE activate ID`; what the program remembers is in /var/lib/releases.
#
# @example What serves on a node, since when, and what failed last
#   releases status
class releases {
  $lib = '/usr/local/lib/releases'

  file {
    default:
      owner => 'root',
      group => 'root',
      mode  => '0644',
      ;
    # Python keeps what it compiled beside the source; a module of an older version goes.
    [$lib, "${lib}/releases"]:
      ensure  => directory,
      mode    => '0755',
      recurse => true,
      purge   => true,
      force   => true,
      ignore  => '__pycache__',
      ;
    '/etc/releases':
      ensure => directory,
      mode   => '0755',
      ;
    # A state is root's by its own mode; what the front and the node exporter read of a service lies beside it.
    '/var/lib/releases':
      ensure => directory,
      mode   => '0711',
      ;
    # In the catalogue, so that a run without a change asks the server for no file.
    '/usr/local/sbin/releases':
      ensure  => file,
      mode    => '0755',
      content => file('releases/launch.py'),
      ;
    '/etc/systemd/system/releases@.service':
      ensure  => file,
      content => file('releases/releases@.service'),
      ;
    '/etc/systemd/system/releases-watch@.service':
      ensure  => file,
      content => file('releases/releases-watch@.service'),
      ;
  }

  [
    '__init__', 'active', 'attempt', 'cards', 'cli', 'description', 'disk', 'errors', 'fields', 'files', 'front', 'leave', 'metrics', 'node',
    'ports', 'prune', 'queue', 'report', 'request', 'smoke', 'smoke_request', 'state', 'steering', 'store', 'switch', 'units', 'watch', 'web_ui',
    'weights',
  ].each |$name| {
    file { "${lib}/releases/${name}.py":
      ensure  => file,
      owner   => 'root',
      group   => 'root',
      mode    => '0644',
      content => file("releases/releases/${name}.py"),
      before  => File['/usr/local/sbin/releases'],
    }
  }
}
