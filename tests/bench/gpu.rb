# frozen_string_literal: true

# Prints as JSON how many milliseconds the fact `nvidia` costs: the median of first calls, each in a copy of this process, since an
# agent's run is such a copy and reads the fact's code anew. The start of Ruby and of Facter is not in it.

require 'json'
require 'nvidia/stand_in_machine'

RUNS = 21
CODE = File.expand_path('../../modules/nvidia/lib/puppet_x/fleet/nvidia/machine', __dir__)

def first_call(**machine)
  reader, writer = IO.pipe
  pid = fork do
    began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    require CODE
    PuppetX::Fleet::Nvidia::Machine.new(**machine).fact
    writer.write(Process.clock_gettime(Process::CLOCK_MONOTONIC) - began)
    exit!(0)
  end
  writer.close
  Process.wait(pid)
  Float(reader.read) * 1000
end

def median_of(name)
  StandInMachine.open(name) do |machine|
    Array.new(RUNS) { first_call(root: machine.root, program: machine.program) }.sort[RUNS / 2]
  end
end

puts JSON.generate('none' => median_of('none'), 'eight' => median_of('eight-cards'))
