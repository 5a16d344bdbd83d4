# @summary What stands before a service that computes on a card: the card's device nodes, and a gate
#
# A service's unit wants `nvidia-devices.service`, which makes the device nodes as root, since a sandboxed process cannot,
# and waits for them at boot. Its first step is `gate`, which has CUDA say whether it sees a card: frameworks fall back to
# the CPU without a word. `releases` asks the same before it stops what serves.
#
# @example Before a unit of a service
#   include nvidia::gate
class nvidia::gate {
  include nvidia::programs
  include nvidia::cards

  $lib = $nvidia::programs::folder
  # Seconds that device nodes are waited for at most, before each start: they are not of the time that a service has to start.
  $limit = 90

  file {
    default:
      ensure => file,
      owner  => 'root',
      group  => 'root',
      mode   => '0755',
      ;
    # In the catalogue, so that a run without a change asks the server for no file.
    "${lib}/devices":
      content => file('nvidia/devices.sh'),
      ;
    "${lib}/gate":
      content => file('nvidia/gate.py'),
      ;
    "${lib}/on-the-bus":
      content => file('nvidia/on-the-bus.sh'),
      ;
    "${lib}/lost":
      content => file('nvidia/lost.sh'),
      ;
    '/etc/systemd/system/nvidia-devices.service':
      mode    => '0644',
      content => epp('nvidia/nvidia-devices.service.epp', { 'limit' => $limit }),
      ;
  }

  units::reread { 'nvidia-devices.service':
    require => File['/etc/systemd/system/nvidia-devices.service'],
  }
}
