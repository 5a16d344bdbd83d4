# frozen_string_literal: true

require 'json'
require 'nvidia/reader'

# An nvidia-smi that does what it should not.
RSpec.describe 'the fact nvidia' do
  include Reader

  SHORT = 0.5
  # What a machine with other work may add.
  LATE = 2

  def timed
    began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    [yield, Process.clock_gettime(Process::CLOCK_MONOTONIC) - began]
  end

  # What the kernel says of a process: 'S' for asleep, 'Z' for one that nobody has taken away, nil for none.
  def state(pid)
    File.read("/proc/#{pid}/stat")[/\) (\S)/, 1]
  rescue Errno::ENOENT, Errno::ESRCH
    nil
  end

  # The state once it is one of +wanted+, or after a second: a process that was just killed gets a moment to go.
  def soon(pid, wanted)
    100.times { wanted.include?(state(pid)) ? break : sleep(0.01) }
    state(pid)
  end

  # Each writes the number of the process that must not be left behind.
  {
    'hangs' => 'echo $$ >pid; exec sleep 60',
    'hangs and ignores SIGTERM' => "trap '' TERM INT HUP; echo $$ >pid; while :; do sleep 60; done",
    'ends, and leaves behind a program that holds its output' => 'sleep 60 & echo $! >pid',
    'closes its output and stays' => 'echo $$ >pid; exec sleep 60 >/dev/null 2>&1'
  }.each do |what, program|
    it "bounds an nvidia-smi that #{what}, and kills what it started" do
      StandInMachine.open('fine') do |machine|
        pid = File.join(machine.root, 'pid')
        machine.replace_program(program.gsub('>pid', ">#{pid}"))
        fact, took = timed { fact_of(machine, seconds: SHORT) }
        expect(fact).to include('gpus' => [], 'lost' => [], 'error' => /did not answer in 0.5 s and was stopped/)
        expect(took).to be_between(SHORT, SHORT + LATE)
        expect(soon(Integer(File.read(pid)), [nil, 'Z'])).to be_nil.or eq('Z')
      end
    end
  end

  it 'does not wait for a process that no signal ends, and takes it away when it ends' do
    killed = []
    allow(Process).to receive(:kill) { |_, group| killed << group }
    StandInMachine.open('fine') do |machine|
      machine.replace_program('exec sleep 60')
      fact, took = timed { fact_of(machine, seconds: SHORT) }
      expect(fact['error']).to match(/did not answer/)
      expect(took).to be < SHORT + LATE
    end
    pid = -killed.first
    expect(state(pid)).to eq('S')
    system('kill', '-KILL', pid.to_s)
    expect(soon(pid, [nil])).to be_nil
  end

  it 'stops an nvidia-smi that prints for ever, at once' do
    StandInMachine.open('fine') do |machine|
      machine.replace_program('exec yes')
      fact, took = timed { fact_of(machine) }
      expect(fact['error']).to eq('nvidia-smi printed more than 65536 bytes and was stopped')
      expect(took).to be < LATE
    end
  end

  {
    'crashes' => ['kill -SEGV $$', 'nvidia-smi was ended by signal 11'],
    'ends badly without a word' => ['exit 14', 'nvidia-smi ended with exit code 14'],
    'has nothing to say' => ['exit 0', 'nvidia-smi listed no card'],
    'is another program' => [%(printf '\\177ELF\\377\\033[1m\\n<html>'), "nvidia-smi says 'ELF? [1m'"]
  }.each do |what, (program, error)|
    it "says so of an nvidia-smi that #{what}" do
      fact = changed('fine') { |machine| machine.replace_program(program) }
      expect(fact).to include('gpus' => [], 'error' => error)
    end
  end

  it 'says what is wrong although the cards are listed' do
    fact = changed('fine') do |machine|
      File.rename(machine.program, "#{machine.program}-real")
      machine.replace_program('"$0-real" "$@"; exit 14')
    end
    expect(fact['gpus'].size).to eq(2)
    expect(fact['error']).to eq('nvidia-smi ended with exit code 14')
  end

  it 'says that nvidia-smi cannot be started' do
    fact = changed('fine') do |machine|
      File.delete(machine.program)
      Dir.mkdir(machine.program)
    end
    expect(fact['error']).to match(/\Anvidia-smi cannot be started: Permission denied/)
  end

  # What it said on machines in public; where, stands behind.
  {
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running." =>
      /communicate with the NVIDIA driver.*': dmesg says why/, # fady-saied/Nvidia-Fedora-Guide#9
    "Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost. Reboot the system to recover this GPU" => /look for Xid/, # JosephKJ/OWOD#81
    'Unable to determine the device handle for gpu 0000:01:00.0: Not Found' => /look for Xid/, # NVIDIA/open-gpu-kernel-modules#246
    'No devices were found' => /look for NVRM/, # NVIDIA/open-gpu-kernel-modules#862
    'Field "compute_cap" is not a valid field to query.' => /of an older driver/, # canonical/inference-snaps#89
    'Failed to initialize NVML: Unknown Error' => /\Anvidia-smi says 'Failed to initialize NVML: Unknown Error'\z/ # peteromallet/Headless-Wan2GP
  }.each do |said, error|
    it "tells that nvidia-smi said '#{said[0, 50]}…', and the cure" do
      fact = changed('fine', 'says' => "\n#{said}\n\n", 'exit_code' => 255)
      expect(fact['error']).to match(error).and include(said[0, 60])
      expect(fact['error'].lines.size).to eq(1)
    end
  end

  it 'knows which card is lost by what nvidia-smi says of it, however it writes the address' do
    ['GPU0000:91:00.0: Unknown Error', 'GPU 0000:91:00.0: GPU is lost.', 'gpu 00000000:91:00.0: Not Found'].each do |words|
      said = "Unable to determine the device handle for #{words}\n"
      expect(changed('fine', 'says' => said, 'exit_code' => 255)['lost']).to eq(['0000:91:00.0'])
    end
  end

  it 'never fails and is always clean, whatever nvidia-smi prints' do
    random = Random.new(RSpec.configuration.seed)
    words = ['0', '1', ' ', ',', ', ', "\n", "\r\n", '[N/A]', '[Unknown Error]', 'GPU-1', '00000000:01:00.0', '00000000:91:00.0', '8.9', '46068',
             'Enabled', 'NVIDIA L40S', 'No devices were found', 'Unable to determine the device handle for GPU0000:91:00.0', "\0", "\xff", "\e[1m",
             '0, GPU-1, 46068, 8.9, 00000000:01:00.0, Enabled, NVIDIA L40S', '99999999999999999999', 'ffffffff:ff:ff.f', 'mismatch', '']
    StandInMachine.open('fine') do |machine|
      300.times do
        output = Array.new(random.rand(40)) { random.rand < 0.9 ? words.sample(random: random) : random.bytes(random.rand(8)) }.map(&:b).join
        status = [nil, instance_double(Process::Status, signaled?: false, success?: random.rand < 0.5, exitstatus: 9)].sample(random: random)
        outcome = PuppetX::Fleet::Nvidia::BoundedProgram::Outcome.new(output, status, [nil, nil, :late, :long].sample(random: random))
        allow_any_instance_of(PuppetX::Fleet::Nvidia::BoundedProgram).to receive(:run).and_return(outcome)
        fact = fact_of(machine)
        expect(JSON.parse(JSON.generate(fact))).to eq(fact)
        expect(fact['error'].to_s).to satisfy { |error| !error.match?(/[[:cntrl:]]|the fact failed/) }
        expect(fact['gpus']).to all(include('index' => Integer, 'pci' => /\A\h{4,8}:\h\h:\h\h\.\h\z/))
      end
    end
  end

  it 'never fails, whatever lies where the kernel and the packages have their files' do
    random = Random.new(RSpec.configuration.seed)
    paths = %w[sys/module/nvidia/version proc/sys/kernel/osrelease lib/modules/x/modules.dep proc/driver/nvidia/gpus sys/bus/pci/devices lib/modules
               sys/bus/pci/devices/0000:01:00.0/vendor sys/bus/pci/devices/0000:91:00.0/class usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1]
    100.times do
      StandInMachine.open(StandInMachine::NAMES.sample(random: random)) do |machine|
        paths.sample(3, random: random).each do |path|
          FileUtils.rm_rf(File.join(machine.root, path))
          # links stay below the root: nothing of this machine may be written to
          target = "#{'../' * path.count('/')}#{paths.sample(random: random)}"
          [-> { machine.put(path, random.bytes(64)) }, -> { machine.link(path, target) },
           -> { FileUtils.mkdir_p(File.join(machine.root, path)) }].sample(random: random).call
        rescue Errno::ENOTDIR, Errno::EEXIST, Errno::ENOENT, Errno::ELOOP
          next
        end
        fact = fact_of(machine)
        expect(JSON.parse(JSON.generate(fact))).to eq(fact)
        expect(fact['error'].to_s).not_to include('the fact failed')
      end
    end
  end

  it 'is there even where it fails itself' do
    StandInMachine.open('fine') do |machine|
      allow_any_instance_of(PuppetX::Fleet::Nvidia::NvidiaSmi).to receive(:ask).and_raise(ArgumentError, "some\nthing")
      expect(fact_of(machine)).to eq(
        'present' => true, 'gpus' => [], 'driver' => {}, 'reboot_required' => false, 'mig' => false, 'lost' => [],
        'error' => 'the fact failed: ArgumentError: some thing'
      )
    end
  end
end
