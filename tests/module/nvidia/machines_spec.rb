# frozen_string_literal: true

require 'nvidia/reader'

RSpec.describe 'the fact nvidia' do
  include Reader

  # The time that the kernel has counted for programs that this process started and waited for.
  def time_of_children
    Process.times.then { |times| times.cutime + times.cstime }
  end

  StandInMachine::NAMES.each do |name|
    it "says of the machine '#{name}' what its description says" do
      StandInMachine.open(name) { |machine| expect(fact_of(machine)).to eq(machine.fact) }
    end
  end

  %w[none nouveau not-loaded passed-on].each do |name|
    it "asks no nvidia-smi on the machine '#{name}', where it could say nothing" do
      StandInMachine.open(name, 'says' => 'asked', 'exit_code' => 0) do |machine|
        expect { fact_of(machine) }.not_to(change { time_of_children })
        expect(machine.calls).to eq([])
      end
    end
  end

  it 'asks nvidia-smi once, for numbers without a unit, and for the name last, which could hold a comma' do
    StandInMachine.open('fine') do |machine|
      expect { fact_of(machine) }.to(change { time_of_children })
      expect(machine.calls).to eq(
        ['--query-gpu=index,uuid,memory.total,compute_cap,pci.bus_id,mig.mode.current,name --format=csv,noheader,nounits']
      )
    end
  end

  it 'asks an older nvidia-smi only for what it knows, since one strange field costs all' do
    StandInMachine.open('old-driver') do |machine|
      fact_of(machine)
      expect(machine.calls).to eq(['--query-gpu=index,uuid,memory.total,pci.bus_id,mig.mode.current,name --format=csv,noheader,nounits'])
    end
  end

  it 'reads a name with a comma' do
    card = ['0', 'GPU-1', '46068', '8.9', '00000000:01:00.0', '[N/A]', 'NVIDIA L40S, water cooled']
    expect(changed('fine', 'cards' => [card])['gpus'].first['name']).to eq('NVIDIA L40S, water cooled')
  end

  it 'writes an address as sysfs does, where its domain has five digits too' do
    card = ['0', 'GPU-1', '46068', '8.9', '00010000:E1:1F.1', '[N/A]', 'NVIDIA L40S']
    expect(changed('fine', 'cards' => [card])['gpus'].first['pci']).to eq('10000:e1:1f.1')
  end
end
