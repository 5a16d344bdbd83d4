# frozen_string_literal: true

require 'nvidia/node'
require 'nvidia/stand_in_machine'
require 'puppetdb_answer'

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
    it { is_expected.to contain_service('puppet-agent.timer').with(ensure: 'running', enable: true) }

    it 'tells Prometheus of the service, where there is an exporter, and no more once the service is gone' do
      link = '/var/lib/prometheus/node-exporter/indextts2.prom'
      if facts['os']['family'] == 'Debian'
        written = JSON.parse(catalogue.resource('File', '/etc/releases/indextts2.json')[:content])['metrics']
        is_expected.to contain_file(link).with(ensure: 'link', target: written).that_requires(['Package[prometheus-node-exporter]', "Exec[begin #{written}]"])
      else
        is_expected.not_to contain_file(link)
      end
    end
  end

  context 'without the service' do
    let(:facts) { SYSTEMS.fetch('debian-12') }
    let(:pre_condition) { "class { 'indextts2': ensure => absent }" }

    it { is_expected.to contain_file('/var/lib/prometheus/node-exporter/indextts2.prom').with_ensure('absent') }
    it { is_expected.not_to contain_exec('begin /var/lib/releases/indextts2.prom') }
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

  %w[puppetserver puppetdb puppet-agent.timer].each do |service|
    it { is_expected.to contain_service(service).with(ensure: 'running', enable: true) }
  end
end

RSpec.describe 'role::compile_server', type: :class do
  let(:hiera_config) { "#{REPOSITORY}/hiera.yaml" }
  let(:node) { 'compile.lab.test' }
  let(:trusted_facts) { { 'pp_role' => 'compile_server', 'pp_environment' => 'prod' } }

  %w[debian-12 debian-13].each do |system|
    context "on #{system}" do
      let(:facts) { SYSTEMS.fetch(system) }

      it { is_expected.to compile.with_all_deps }
      it { is_expected.not_to contain_class('profile::puppetdb') }
      it { is_expected.not_to contain_class('profile::autosign') }

      it 'has no certificate authority, and asks the first server for its own' do
        is_expected.not_to contain_exec('make the certificate authority')
        is_expected.to contain_file('/etc/puppet/puppetserver/services.d/ca.cfg')
          .with_content(%r{^puppetlabs\.services\.ca\.certificate-authority-disabled-service/certificate-authority-disabled-service$})
          .that_notifies('Service[puppetserver]')
        is_expected.to contain_ini_setting('puppet.conf: ca_server').with(section: 'main', value: 'puppet')
      end

      it 'rotates and ships the reports that it writes' do
        is_expected.to contain_ini_setting("puppet.conf: server's reports").with_value(/fleet_record/)
        is_expected.to contain_file('/etc/logrotate.d/fleet-record')
        is_expected.to contain_record__input('puppetserver')
      end

      it 'keeps the record at the first server' do
        is_expected.to contain_file('/dev/null/puppetdb.conf').with_content(%r{https://puppet:8081})
        is_expected.to contain_file('/etc/puppetlabs/client-tools/puppetdb.conf').with_content(%r{https://puppet:8081})
      end
    end
  end
end

RSpec.describe 'role::tts_gateway', type: :class do
  let(:hiera_config) { "#{REPOSITORY}/hiera.yaml" }
  let(:node) { 'gw1.lab.test' }
  let(:trusted_facts) { { 'pp_role' => 'tts_gateway', 'pp_environment' => 'prod' } }
  let(:pre_condition) { PuppetdbAnswer.with({ 'tts1.lab.test' => {} }, environment: 'prod') }

  on_every_system do
    it { is_expected.to compile.with_all_deps }
    it { is_expected.to contain_service('indextts2-gateway.service').with(ensure: 'running', enable: true) }
    it('shares no address unasked') { is_expected.not_to contain_package('keepalived') }

    context 'with an address that it shares' do
      let(:pre_condition) { <<~PUPPET }
        #{super()}
        class { 'profile::keepalived': address => '10.77.0.100/24', peers => { 'gw1.lab.test' => '10.77.0.13', 'gw2.lab.test' => '10.77.0.14' } }
      PUPPET

      it { is_expected.to compile.with_all_deps }

      it 'asks its gateway, as somebody who may do nothing else' do
        is_expected.to contain_file('/etc/keepalived/keepalived.conf').with_validate_cmd(%r{/usr/sbin/keepalived --config-test --use-file %})
          .with_content(/enable_script_security\s+script_user keepalived_script$/)
          .with_content(%r{script "/usr/local/lib/gateway/up 8405"})
        is_expected.to contain_user('keepalived_script').with(system: true, shell: '/usr/sbin/nologin')
        is_expected.to contain_service('keepalived.service').with(ensure: 'running', enable: true)
      end
    end
  end

  context 'with an address that it shares with nobody' do
    let(:pre_condition) { "#{super()}class { 'profile::keepalived': address => '10.77.0.100/24' }" }
    let(:facts) { SYSTEMS.fetch('debian-12') }

    it { is_expected.to compile.and_raise_error(/name all machines that share it there, gw1\.lab\.test among them/) }
  end
end

RSpec.describe 'profile::gateway', type: :class do
  let(:facts) { SYSTEMS.fetch('debian-12') }
  let(:pre_condition) { PuppetdbAnswer.with({ 'tts1.lab.test' => {} }).sub('title = "Indextts2"', 'title = "(Indextts2|Echo_tiny)"') }

  context 'with two services' do
    let(:params) { { services: { 'indextts2' => { 'port' => 7860 }, 'echo_tiny' => { 'port' => 8000, 'metrics_port' => 8406, 'watch_port' => 9102 } } } }

    it { is_expected.to compile.with_all_deps }
  end

  {
    { 'indextts2' => { 'port' => 7860 }, 'echo_tiny' => { 'port' => 8000 } } => /two would listen on one port of 7860, 8405, 9101, 8000, 8405, 9101/,
    { 'indextts2' => { 'port' => 7860 }, 'echo_tiny' => { 'port' => 8000, 'metrics_port' => 8406 } } => /one port of 7860, 8405, 9101, 8000, 8406, 9101/,
    { 'indextts2' => { 'port' => 7860, 'door' => 1 } } => /has no parameter named 'door'/,
  }.each do |services, why|
    context "with #{services}" do
      let(:params) { { services: services } }

      it { is_expected.to compile.and_raise_error(why) }
    end
  end

  context 'with users of a service that it is not before' do
    let(:params) { { services: { 'indextts2' => { 'port' => 7860 } }, users: RSpec::Puppet::Sensitive.new('echo_tiny' => { 'ann' => '$6$a$b' }) } }

    it { is_expected.to compile.and_raise_error(/users names echo_tiny, and profile::gateway::services does not/) }
  end
end
