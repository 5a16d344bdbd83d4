# frozen_string_literal: true

# @summary Says whether a node may reboot now, and until when, so that no more of them do at once than a window lets
#
# A turn is a file in the folder `nvidia-reboots` of the server's vardir, taken when a node's catalogue is compiled
# and given back by the first one that is compiled for it when it is well again. A node that does not come back, or is not well,
# keeps its turn, and the others wait: whatever it is, it would meet them, too. Of several compile servers, each counts for itself.
Puppet::Functions.create_function(:'nvidia::reboot_turn') do
  # @param node The node's certname
  # @param window Nvidia::Window; undef where the node is never rebooted
  # @param needs Whether the node needs a reboot
  # @param underway Whether the node is about to reboot, or has, and is not known to be well
  # @param asks Whether a turn may be taken; not for a run that changes nothing
  # @return [Optional[Integer]]
  #   Until when the node may reboot, in seconds since 1970; 0 for one that has and needs it still
  # @example
  #   nvidia::reboot_turn('tts1.example.org', { 'from' => '02:00', 'to' => '05:00' }, true, false, true)
  dispatch :turn do
    param 'String[1]', :node
    param 'Optional[Hash[String, Any]]', :window
    param 'Boolean', :needs
    param 'Boolean', :underway
    param 'Boolean', :asks
    return_type 'Optional[Integer]'
  end

  def turn(node, window, needs, underway, asks)
    # Not at the top of the file: a Puppet server loads this function once for each environment.
    require_relative '../../../puppet_x/fleet/nvidia/maintenance'
    turns = PuppetX::Fleet::Nvidia::Turns.new(File.join(Puppet[:vardir], 'nvidia-reboots'))
    return (0 if needs) if window && underway

    closes = PuppetX::Fleet::Nvidia::Window.closes(window, Time.now) if window && needs
    mine = closes && (asks ? turns.take(node, window.fetch('at_once', 1)) : turns.has?(node))
    turns.give_back(node) if asks && !mine
    closes.to_i if mine
  end
end
