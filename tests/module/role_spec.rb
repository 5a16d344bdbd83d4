# frozen_string_literal: true

require 'nvidia/node'
require 'nvidia/stand_in_machine'

RSpec.describe 'role' do
  # A role only says which profiles make a machine.
  Dir["#{REPOSITORY}/modules/role/manifests/*.pp"].each do |file|
    it "#{File.basename(file, '.pp')} includes profiles and does nothing more" do
      body = File.readlines(file).reject { |line| line.start_with?('#') || line.strip.empty? }
      expect(body.first).to match(/\Aclass role::#{File.basename(file, '.pp')} \{\Z/)
      expect(body.last).to eq("}\n")
      expect(body[1..-2]).to all(match(/\A  include profile::\w+\Z/))
    end
  end
end

RSpec.describe 'role::tts_node', type: :class do
  let(:hiera_config) { "#{REPOSITORY}/hiera.yaml" }

  on_every_system do
    it { is_expected.to compile.with_all_deps }
    it { is_expected.to contain_class('indextts2') }
    it { is_expected.to contain_service('puppet').with(ensure: 'running', enable: true) }
  end

  # the cards of eight-cards are too old for the release
  (StandInMachine::NAMES - %w[eight-cards]).each do |name|
    context "on the machine '#{name}'" do
      let(:facts) { NvidiaNode.facts('debian-12').merge('nvidia' => StandInMachine.open(name, &:fact)) }

      it('has a catalogue, whatever is wrong with its cards') { is_expected.to compile.with_all_deps }
      it('tells of its driver') { is_expected.to contain_file('/var/lib/nvidia/driver.prom') } if StandInMachine.open(name) { |machine| machine.fact['present'] }
    end
  end
end

RSpec.describe 'role::puppet_server', type: :class do
  let(:hiera_config) { "#{REPOSITORY}/hiera.yaml" }
  let(:facts) { SYSTEMS.fetch('debian-13') }
  let(:node) { 'puppet.lab.test' }
  let(:trusted_facts) { { 'pp_role' => 'puppet_server', 'pp_environment' => 'prod' } }

  it { is_expected.to compile.with_all_deps }

  %w[puppetserver puppetdb puppet].each do |service|
    it { is_expected.to contain_service(service).with(ensure: 'running', enable: true) }
  end
end
