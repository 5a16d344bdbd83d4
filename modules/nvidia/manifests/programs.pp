# @summary The folder of the node's own programs that have to do with cards
#
# @api private
class nvidia::programs {
  assert_private()

  $folder = '/usr/local/lib/nvidia'

  file { $folder:
    ensure => directory,
    owner  => 'root',
    group  => 'root',
    mode   => '0755',
  }
}
