# frozen_string_literal: true

require 'nvidia/stand_in_machine'
require_relative '../../../modules/nvidia/lib/puppet_x/fleet/nvidia/machine'

# Reads the fact of a machine that stands in.
module Reader
  def fact_of(machine, seconds: 5)
    PuppetX::Fleet::Nvidia::Machine.new(root: machine.root, program: machine.program, seconds: seconds).fact
  end

  # The fact of the machine +name+ after the block changed its tree.
  def changed(name, changes = {})
    StandInMachine.open(name, changes) do |machine|
      yield machine if block_given?
      fact_of(machine)
    end
  end
end
