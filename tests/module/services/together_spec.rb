# frozen_string_literal: true

require 'services/catalogue'

# Services on one node: what only one can have, and what they share.
RSpec.describe 'role::gpu_node', type: :class do
  include ServiceCatalogue

  let(:hiera_config) { "#{REPOSITORY}/hiera.yaml" }
  let(:trusted_facts) { { 'pp_role' => 'gpu_node', 'pp_environment' => 'prod' } }
  let(:cards) { ServiceCatalogue::TWO_CARDS }

  on_every_system do |_, facts|
    let(:facts) { facts.merge(cards) }

    it { is_expected.to compile.with_all_deps }

    it 'has all of them, each with what is its own' do
      ServiceCatalogue::NAMES.each do |name|
        is_expected.to contain_service("#{name}-front.service").with(ensure: 'running', enable: true)
        is_expected.to contain_service("releases@#{name}.service")
        is_expected.to contain_file("/etc/releases/#{name}.json")
      end
      ports = ServiceCatalogue::NAMES.flat_map { |name| told(catalogue, name)['cards'].values.flat_map(&:values) + [told(catalogue, name)['front_ports'][0][/\d+\z/].to_i] }
      expect(ports.size).to eq(15)
      expect(ports.uniq).to eq(ports)
    end
  end

  context 'on one system' do
    let(:facts) { SYSTEMS.fetch('debian-12').merge(cards) }

    it 'has one driver, one program that switches, and one that keeps weights' do
      %w[nvidia nvidia::gate releases releases::haproxy weights].each { |name| is_expected.to contain_class(name) }
      %w[/usr/local/lib/nvidia/gate /etc/systemd/system/nvidia-devices.service /usr/local/sbin/releases /usr/local/sbin/weights].each do |path|
        expect(catalogue.resources.count { |one| one.title == path }).to eq(1), path
      end
    end

    it 'restarts each alone: nothing of one waits for another, or tells it' do
      of = ->(reference) { ServiceCatalogue::NAMES.find { |name| reference.to_s.downcase.match?(/(\A|[^a-z0-9])#{name}([^a-z0-9]|\z)/) } }
      edges = catalogue.to_ral.relationship_graph.edges
      across = edges.map { |edge| [edge.source, edge.target] }.select { |ends| ends.map(&of).compact.uniq.size > 1 }
      expect(edges.size).to be > 500
      expect(across).to eq([])
    end

    it 'tells Prometheus of each' do
      ServiceCatalogue::NAMES.each do |name|
        is_expected.to contain_file("/var/lib/prometheus/node-exporter/#{name}.prom").with_target("/var/lib/releases/#{name}.prom")
      end
    end
  end

  # a card of 24 GB: 3815 of indextts2 v2.0.0, which is all that upstream says, 6090 and 7836
  context 'on a card that is too small for all of them' do
    let(:cards) { { 'nvidia' => { 'gpus' => [ServiceCatalogue::CARD.merge('memory_mib' => 16_384, 'name' => 'Tesla T4')] } } }
    let(:facts) { SYSTEMS.fetch('debian-12').merge(cards) }

    it 'is refused with the sum' do
      is_expected.to compile.and_raise_error(
        /Tesla T4, card 0, has 16384 MiB, and its services need 17741 MiB: indextts2 3815, speech_recognition 6090, stable_diffusion 7836\. /
      )
    end
  end
end

RSpec.describe 'indextts2', type: :class do
  let(:facts) { SYSTEMS.fetch('debian-12').merge(ServiceCatalogue::TWO_CARDS) }
  let(:params) { ServiceCatalogue::RELEASE.merge(mine).transform_keys(&:to_sym) }
  let(:pre_condition) { ServiceCatalogue.declare('speech_recognition', theirs) }
  let(:mine) { {} }
  let(:theirs) { {} }

  # What both are given, and what is said of it; nothing where both are taken.
  {
    'ports of their own' => [{}, {}, nil],
    'one port' => [{ 'port' => 8000 }, {}, /indextts2 and speech_recognition are both to have the socket 0\.0\.0\.0:8000 on this node: .*indextts2::port/],
    'a port that is a web UI\'s of the other' => [{ 'port' => 8003 }, {}, /the socket 0\.0\.0\.0:8003 on this node/],
    'a web UI\'s port that is the other\'s' => [{ 'port' => 7997 }, {}, /the socket 127\.0\.0\.1:8000 on this node/],
    'one port on two addresses' => [{ 'address' => '192.0.2.1', 'port' => 8000 }, { 'address' => '192.0.2.2', 'port' => 7995 }, nil],
    'one port of metrics' => [{ 'metrics_port' => 8405 }, { 'metrics_port' => 8405 }, /the socket 127\.0\.0\.1:8405 on this node/],
    'one folder' => [{ 'root' => '/srv/models' }, { 'root' => '/srv/models' }, %r{both to have the folder /srv/models on this node: .*indextts2::root}],
    'a folder in the other' => [{ 'root' => '/srv/models/tts' }, { 'root' => '/srv/models' }, %r{both to have the folder /srv/models/tts on this node}],
    'folders with names alike' => [{ 'root' => '/srv/models2' }, { 'root' => '/srv/models' }, nil],
    'a port of one that is absent' => [{ 'port' => 8000 }, { 'ensure' => 'absent' }, nil],
    # 24576 MiB each
    'memory that is enough' => [{ 'vram_budget' => 16_576 }, {}, nil],
    'more memory than there is' => [{ 'vram_budget' => 16_577 }, {}, /NVIDIA L4, card 0, has 24576 MiB, and its services need 24577 MiB: speech_recognition 8000, indextts2 16577\./],
    'two copies of each' => [{ 'handover' => 'overlap' }, { 'handover' => 'overlap' }, /need 32000 MiB: speech_recognition 16000, indextts2 16000\./],
    'two copies of each on cards of their own' => [{ 'handover' => 'overlap', 'gpus' => [0] }, { 'handover' => 'overlap', 'gpus' => [1] }, nil],
    'two copies where one computes on no card' => [{ 'handover' => 'overlap' }, { 'handover' => 'overlap', 'gpu' => 'none' }, nil],
    'more than a card has, by one alone' => [{ 'vram_budget' => 30_000, 'gpus' => [0] }, { 'gpus' => [1] }, nil],
  }.each do |what, (mine, theirs, refused)|
    context "with #{what}" do
      let(:mine) { mine }
      let(:theirs) { theirs }

      if refused
        it { is_expected.to compile.and_raise_error(refused) }
      else
        it { is_expected.to compile.with_all_deps }
      end
    end
  end
end
