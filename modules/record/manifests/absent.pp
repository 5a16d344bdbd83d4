# @summary Takes away what ships the record, and how the endpoint was asked; what waits in its queue stays
#
# @api private
class record::absent {
  assert_private()

  exec { 'record: stop the shipper':
    command  => "systemctl disable --now ${record::service}",
    unless   => "test ! -e ${record::units}/${record::service}",
    path     => ['/usr/bin', '/bin'],
    provider => shell,
  }
  -> file { ["${record::units}/${record::service}", "${record::units}/${record::service}.d", $record::config, '/usr/local/lib/record']:
    ensure => absent,
    force  => true,
    backup => false,
  }
}
