# @summary Tells whether the node has to reboot for its driver
#
# A file in Prometheus's text format, for the textfile collector of the node exporter. Puppet's report has its change
# once when the need arises and once when it is over, and no run in between counts it as drift.
#
# @api private
class nvidia::report {
  assert_private()

  $needed = $nvidia::fact['reboot_required'] ? { true => 1, default => 0 }

  include nvidia::cards

  file { '/var/lib/nvidia/driver.prom':
    ensure  => file,
    owner   => 'root',
    group   => 'root',
    mode    => '0644',
    content => epp('nvidia/driver.prom.epp', { 'reboot_required' => $needed }),
  }
}
