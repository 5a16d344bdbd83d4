# frozen_string_literal: true

require 'nvidia/node'
require 'nvidia/reader'
require 'tmpdir'
require_relative '../../../modules/nvidia/lib/puppet_x/fleet/nvidia/maintenance'

RSpec.describe 'a reboot for a driver' do
  def at(text, day = 4)
    Time.new(2026, 6, day, *text.split(':').map(&:to_i)) # the 4th is a Thursday
  end

  describe PuppetX::Fleet::Nvidia::Window do
    {
      { 'from' => '02:00', 'to' => '05:00' } => { '01:59' => false, '02:00' => true, '04:59' => true, '05:00' => false },
      { 'from' => '23:30', 'to' => '01:00' } => { '23:29' => false, '23:30' => true, '00:00' => true, '01:00' => false, '12:00' => false },
      { 'from' => 7200, 'to' => '05:00' } => { '01:59' => false, '02:00' => true },
      { 'from' => '00:00', 'to' => '00:00' } => { '00:00' => true, '23:59' => true },
      { 'from' => '02:00', 'to' => '05:00', 'days' => ['fri'] } => { '03:00' => false },
      { 'from' => '02:00', 'to' => '05:00', 'days' => %w[wed thu] } => { '03:00' => true },
      # the night from Wednesday to Thursday began on Wednesday
      { 'from' => '23:30', 'to' => '01:00', 'days' => ['wed'] } => { '00:30' => true, '23:45' => false },
      { 'from' => '23:30', 'to' => '01:00', 'days' => ['thu'] } => { '00:30' => false, '23:45' => true }
    }.each do |window, times|
      times.each do |time, open|
        it("says of #{window} on a Thursday at #{time}: #{open}") { expect(!described_class.closes(window, at(time)).nil?).to be(open) }
      end
    end

    it 'knows the night before a Sunday' do
      window = { 'from' => '23:30', 'to' => '01:00', 'days' => ['sat'] }
      expect(described_class.closes(window, at('00:30', 7))).to eq(at('01:00', 7))
      expect(described_class.closes(window, at('00:30', 6))).to be_nil
    end

    it 'says when it closes' do
      expect(described_class.closes({ 'from' => '02:00', 'to' => '05:00' }, at('04:59'))).to eq(at('05:00'))
      expect(described_class.closes({ 'from' => '23:30', 'to' => '01:00' }, at('23:45'))).to eq(at('01:00', 5))
      expect(described_class.closes({ 'from' => '12:00', 'to' => '12:00' }, at('11:00'))).to eq(at('12:00'))
    end
  end

  describe PuppetX::Fleet::Nvidia::Turns do
    around { |example| Dir.mktmpdir { |folder| @folder = folder and example.run } }

    let(:turns) { described_class.new(File.join(@folder, 'turns')) }

    it 'gives so many and no more' do
      expect(%w[a b c a].map { |node| turns.take(node, 2) }).to eq([true, true, false, true])
      turns.give_back('a')
      expect(turns.take('c', 2)).to be(true)
      expect(turns.has?('a')).to be(false)
      expect(turns.has?('b')).to be(true)
    end

    it 'gives none while more are taken than are to be' do
      turns.take('a', 3) && turns.take('b', 3)
      turns.give_back('a')
      expect(turns.take('c', 1)).to be(false)
    end

    it 'gives so many, too, where all come at once, and leaves nothing else behind' do
      got = Array.new(30) { |number| Thread.new { turns.take("node#{number}", 4) } }.map(&:value)
      expect(got.count(true)).to eq(4)
      expect(Dir.children(File.join(@folder, 'turns')).sort).to eq(%w[1 2 3 4])
    end

    it 'takes back what nobody has' do
      expect { turns.give_back('a') }.not_to raise_error
    end
  end
end

RSpec.describe 'nvidia::reboot_turn', type: :puppet_function do
  let(:facts) { NvidiaNode.facts('debian-12') }

  around { |example| Dir.mktmpdir { |folder| @folder = folder and example.run } }

  before do
    allow(Puppet).to receive(:[]).and_call_original
    allow(Puppet).to receive(:[]).with(:vardir).and_return(@folder)
  end

  always = { 'from' => '00:00', 'to' => '00:00' }
  never = { 'from' => '03:00', 'to' => '03:01', 'days' => [%w[sun mon tue wed thu fri sat][(Time.now.wday + 3) % 7]] }

  # What is said of each step, in turn: :turn, :again, or nothing.
  def said(*steps)
    steps.map do |node, window, needs, underway, asks|
      subject.execute(node, window, needs, underway, asks.nil? || asks).then { |till| till && (till.zero? ? :again : :turn) }
    end
  end

  it 'ends with the window' do
    expect(subject.execute('a', always, true, false, true)).to be_between(Time.now.to_i, Time.now.to_i + 90_000)
  end

  it 'is one of one node until it is well again' do
    expect(said(['a', always, true, false], ['b', always, true, false], ['a', always, true, false])).to eq([:turn, nil, :turn])
    expect(said(['a', always, false, true], ['b', always, true, false])).to eq([nil, nil])
    expect(said(['a', always, false, false], ['b', always, true, false])).to eq([nil, :turn])
  end

  it 'is kept by a node that needs one still after its reboot, whose run says so then' do
    expect(said(['a', always, true, false], ['a', never, true, true], ['b', always, true, false])).to eq([:turn, :again, nil])
  end

  it 'is none without a need and outside of the window, where one that was not used is given back' do
    expect(said(['a', always, false, false], ['a', never, true, false])).to eq([nil, nil])
    expect(said(['a', always, true, false], ['a', never, true, false], ['b', always, true, false])).to eq([:turn, nil, :turn])
  end

  it 'is given back by a node that is to be rebooted no more' do
    expect(said(['a', always, true, false], ['a', nil, true, true], ['b', always, true, false])).to eq([:turn, nil, :turn])
  end

  it 'is not taken, and not given back, by a run that changes nothing' do
    expect(said(['a', always, true, false, false], ['b', always, true, false])).to eq([nil, :turn])
    expect(said(['b', always, false, false, false], ['a', always, true, false])).to eq([nil, nil])
  end

  it 'is one of as many as the window says' do
    window = always.merge('at_once' => 2)
    expect(said(['a', window, true, false], ['b', window, true, false], ['c', window, true, false])).to eq([:turn, :turn, nil])
  end
end

RSpec.describe 'nvidia', type: :class do
  include NvidiaNode

  around { |example| Dir.mktmpdir { |folder| @folder = folder and example.run } }

  before do
    allow(Puppet).to receive(:[]).and_call_original
    allow(Puppet).to receive(:[]).with(:vardir).and_return(@folder)
  end

  always = { reboot: { from: '00:00', to: '00:00' } }
  asked = ->(catalogue) { catalogue.resources.select { |one| one.type == 'Exec' && one.title.start_with?('nvidia: reboot') } }

  SYSTEMS.each_key do |system|
    it "asks for a reboot on #{system} where the driver needs one, and there is a window" do
      told = { installed: '580.95.05', loaded: '580.82.07' }
      expect(asked.call(on(system, NVIDIAS.merge(always), reboot_required: true, **told)).map { |one| one[:command] }).to match(
        [%r{\A/usr/local/lib/nvidia/reboot request 580\.95\.05 \d{10}\z}]
      )
      expect(asked.call(on(system, NVIDIAS.merge(always), **told))).to eq([])
      expect(asked.call(on(system, NVIDIAS, reboot_required: true, **told))).to eq([])
    end
  end

  it 'reboots a node whose driver comes by another way, too' do
    told = { installed: '580.95.05', loaded: '580.82.07', reboot_required: true }
    expect(asked.call(on('debian-12', { driver: 'unmanaged' }.merge(always), **told)).size).to eq(1)
  end

  it 'takes no turn in a run that changes nothing' do
    told = { installed: '580.95.05', loaded: '580.82.07', reboot_required: true }
    noop = NvidiaNode.facts('debian-12', **told).merge('clientnoop' => true)
    expect(asked.call(compiled({ driver: 'unmanaged' }.merge(always), facts: noop))).to eq([])
    expect(Dir.children(@folder)).to eq([])
  end

  it 'refuses a window that is none' do
    ['2:00', '24:00', 86_400].each do |time|
      expect { on('debian-12', { reboot: { from: time, to: '05:00' } }) }.to raise_error(/parameter 'reboot'.* entry 'from'/m)
    end
    without_quotes = YAML.safe_load('{from: 02:00, to: 23:30}')
    expect { on('debian-12', { reboot: without_quotes }) }.not_to raise_error
    expect { on('debian-12', { reboot: 'nightly' }) }.to raise_error(/parameter 'reboot'/)
  end
end

RSpec.describe 'the fact nvidia' do
  include Reader

  it 'says into which driver the node is being rebooted, until it is well' do
    record = ->(text) { changed('mismatch') { |machine| machine.put('var/lib/nvidia/reboot', text) }['rebooting'] }
    expect(record.call("rebooting 525.85.12\n")).to eq('525.85.12')
    expect(record.call("rebooted 525.85.12\n")).to be_nil
    expect(record.call('')).to be_nil
    expect(changed('mismatch')).not_to have_key('rebooting')
  end

  it 'says which cards there were, where nobody can list them all' do
    cards = [{ 'index' => 0, 'uuid' => 'GPU-1' }]
    with = ->(name, text, changes = {}) { changed(name, changes) { |machine| machine.put('var/lib/nvidia/cards.json', text) }['remembered'] }
    expect(with.call('mismatch', JSON.generate(cards))).to eq(cards)
    expect(with.call('lost', JSON.generate(cards))).to eq(cards)
    expect(with.call('fine', JSON.generate(cards))).to be_nil
    expect(with.call('mismatch', '[{')).to be_nil
    expect(changed('mismatch')).not_to have_key('remembered')
  end
end
