# @summary The program that keeps the weights of a node's services: fetched, verified, each file once
#
# A service describes its weights in /etc/weights/SERVICE.json, and asks for a bundle by `weights SERVICE fetch FOLDER`.
# Which files a bundle has is in /etc/weights/lists, in a file named by its digest: `fetch-list` brings it from the Puppet
# server, so that no catalogue carries it and a run without a change asks for nothing.
#
# @example What is on a node, and whether it is whole
#   weights indextts2 list
class weights {
  $lib = '/usr/local/lib/weights'

  package { 'aria2':
    ensure => installed,
  }

  file {
    default:
      owner => 'root',
      group => 'root',
      mode  => '0644',
      ;
    # Python keeps what it compiled beside the source; a module of an older version goes.
    [$lib, "${lib}/weights"]:
      ensure  => directory,
      mode    => '0755',
      recurse => true,
      purge   => true,
      force   => true,
      ignore  => '__pycache__',
      ;
    ['/etc/weights', '/etc/weights/lists']:
      ensure => directory,
      mode   => '0755',
      ;
    # In the catalogue, so that a run without a change asks the server for no file.
    '/usr/local/sbin/weights':
      ensure  => file,
      mode    => '0755',
      content => file('weights/launch.py'),
      ;
    "${lib}/fetch-list":
      ensure  => file,
      mode    => '0755',
      content => file('weights/fetch-list.sh'),
      ;
  }

  [
    '__init__', 'bundle', 'cli', 'description', 'errors', 'fetch', 'files', 'folder', 'listing', 'measure', 'metalink',
    'models', 'needs', 'old', 'presign', 'prune', 's3', 'source', 'store', 'verified', 'web',
  ].each |$name| {
    file { "${lib}/weights/${name}.py":
      ensure  => file,
      owner   => 'root',
      group   => 'root',
      mode    => '0644',
      content => file("weights/weights/${name}.py"),
      before  => File['/usr/local/sbin/weights'],
    }
  }
}
