# frozen_string_literal: true

require 'indextts2/catalogue'

RSpec.describe 'indextts2', type: :class do
  include Indextts2Catalogue

  let(:facts) { SYSTEMS.fetch('debian-12').merge(CARDS) }
  let(:gate) { '/usr/local/lib/nvidia/gate' }
  let(:description) { JSON.parse(catalogue.resource('File', '/etc/releases/indextts2.json')[:content]) }

  context 'with a card that it needs' do
    let(:params) { SERVED }

    it { is_expected.to a_unit_with('Wants=nvidia-devices.service') }
    it { is_expected.to a_unit_with('After=nvidia-devices.service') }
    it { is_expected.to a_unit_with("ExecStartPre=#{gate}") }
    it { is_expected.to a_unit_with('DeviceAllow=char-nvidia* rw') }
    it { is_expected.not_to a_unit_like(/PrivateDevices/) }
    it { is_expected.to contain_file(gate).with_mode('0755').that_comes_before('Class[indextts2::webui]') }
    it { is_expected.to contain_file('/usr/local/lib/nvidia/on-the-bus').with_mode('0755').that_comes_before('Class[indextts2::webui]') }
    it { is_expected.to contain_file('/etc/systemd/system/nvidia-devices.service').that_comes_before('Class[indextts2::webui]') }
    it { expect(description).to include('gate' => gate, 'lost' => '/usr/local/lib/nvidia/lost', 'bindings' => { '0' => 'GPU-0', '1' => 'GPU-1' }) }
    it { is_expected.to contain_service('releases-watch@indextts2.service').with(ensure: 'running', enable: true).that_subscribes_to('Class[releases]') }

    it 'counts what a start may wait for device nodes, by the unit that has it wait' do
      seconds = ->(pattern) { catalogue.resource('File', '/etc/systemd/system/nvidia-devices.service')[:content][pattern, 1].to_i }
      # told to end, killed, and both again of what is left: systemd waits for each
      longest = seconds.call(/^TimeoutStartSec=(\d+)$/) + 4 * seconds.call(/^TimeoutStopSec=(\d+)$/)
      expect(seconds.call(%r{^ExecStart=/usr/local/lib/nvidia/devices (\d+)$})).to be_between(60, longest - 1)
      expect(description['wait_timeout']).to eq(longest)
      is_expected.to a_front_with("retries #{300 + 2 * (longest + 600) + 2 * 30}")
    end
  end

  context 'with a card where there is one' do
    let(:params) { SERVED.merge(gpu: 'optional') }

    it { is_expected.to a_unit_with('Wants=nvidia-devices.service') }
    it { is_expected.to a_unit_with('DeviceAllow=char-nvidia* rw') }
    it { is_expected.not_to a_unit_like(/ExecStartPre/) }
    it { is_expected.to contain_class('nvidia::gate') }
    it { expect(description).to include('gate' => nil, 'lost' => nil) }
    it { is_expected.to contain_service('releases-watch@indextts2.service').with(ensure: 'running', enable: true) }
  end

  context 'without a card' do
    let(:params) { SERVED.merge(gpu: 'none') }

    it { is_expected.to a_unit_with('PrivateDevices=yes') }
    it { is_expected.not_to a_unit_like(/nvidia/) }
    it { is_expected.not_to contain_class('nvidia::gate') }
    it { is_expected.to contain_service('releases-watch@indextts2.service').with(ensure: 'running', enable: true) }
    it { expect(description).to include('gate' => nil, 'lost' => nil, 'wait_timeout' => 0, 'bindings' => { '0' => nil }) }
    it { is_expected.to a_front_with('retries 1560') }
  end

  # What is in the environment of each card's instances.
  def bound(catalogue)
    files = catalogue.resources.select { |one| one.title.to_s.match?(%r{\A/etc/indextts2/instances/.*-blue\.env\z}) }
    files.to_h { |one| [one.title[/(\d+)-blue/, 1], [one[:content][/PORT=(\d+)/, 1].to_i, one[:content][/VISIBLE_DEVICES=(\S+)/, 1]]] }
  end

  uuid = 'MIG-41b36b1a-0000'
  none = { 'nvidia' => { 'present' => false } }
  remembered = CARDS['nvidia']['gpus'].map { |card| card.slice('index', 'uuid') }
  mismatch = { 'nvidia' => { 'present' => true, 'driver' => { 'loaded' => '535.1' }, 'error' => 'reboot', 'gpus' => [], 'remembered' => remembered } }
  lost = { 'nvidia' => { 'present' => true, 'gpus' => CARDS['nvidia']['gpus'].drop(1), 'lost' => ['0000:3b:00.0'], 'remembered' => remembered } }
  failed = { 'nvidia' => { 'driver' => {}, 'error' => 'nouveau holds the card', 'gpus' => [] } }
  {
    'all' => ['all', {}, { '0' => [7861, 'GPU-0'], '1' => [7863, 'GPU-1'] }],
    'all, of none' => ['all', none, { '0' => [7861, nil] }],
    'all, of one of which something is not known' => [
      'all', { 'nvidia' => CARDS['nvidia'].merge('driver' => { 'loaded' => '580.95.05' }, 'lost' => [], 'error' => 'nvidia-smi does not tell') },
      { '0' => [7861, 'GPU-0'], '1' => [7863, 'GPU-1'] }
    ],
    'all, while nobody can list them' => ['all', mismatch, { '0' => [7861, 'GPU-0'], '1' => [7863, 'GPU-1'] }],
    'all, while one is lost' => ['all', lost, { '0' => [7861, 'GPU-0'], '1' => [7863, 'GPU-1'] }],
    'all, while one is lost, and none is remembered' => [
      'all', { 'nvidia' => lost['nvidia'].reject { |key, _| key == 'remembered' } }, { '1' => [7863, 'GPU-1'] }
    ],
    'an index, while nobody can list them' => [[1], mismatch, { '1' => [7863, 'GPU-1'] }],
    'all, before the driver is there' => ['all', failed, { '0' => [7861, nil] }],
    'the second' => [[1], {}, { '1' => [7863, 'GPU-1'] }],
    'in another order, and one twice' => [[1, 0, 1], {}, { '0' => [7861, 'GPU-0'], '1' => [7863, 'GPU-1'] }],
    'one that nobody knows of' => [[0, 2], {}, { '0' => [7861, 'GPU-0'], '2' => [7865, '2'] }],
    'UUIDs' => [['GPU-1', uuid], {}, { '0' => [7861, 'GPU-1'], '1' => [7863, uuid] }],
    'UUIDs in another order, and one twice' => [[uuid, 'GPU-1', uuid], {}, { '0' => [7861, 'GPU-1'], '1' => [7863, uuid] }],
  }.each do |what, (gpus, others, found)|
    it "binds an instance to each of these cards: #{what}" do
      catalogue = compiled(SERVED.merge(gpus: gpus), facts: facts.merge(others))
      expect(bound(catalogue)).to eq(found)
      expect(deployment(catalogue)[:content]).to match(/^# The ports, card by card, are #{found.keys.map { |card| "#{card}: \\d+ and \\d+" }.join(', ')}\.$/)
    end
  end

  it 'binds what is bound to no card by another deployment, once the driver is there' do
    one = { 'nvidia' => { 'gpus' => CARDS['nvidia']['gpus'].take(1) } }
    before, after = [failed, one].map { |cards| deployment(compiled(SERVED, facts: facts.merge(cards))).title }
    expect(before).not_to eq(after)
  end

  it 'has another deployment where a card is another' do
    one, other = [['GPU-0'], ['GPU-1']].map { |gpus| deployment(compiled(SERVED.merge(gpus: gpus))).title }
    expect(one).not_to eq(other)
  end
end
