# frozen_string_literal: true

require 'nvidia/node'
require 'nvidia/stand_in_machine'
require 'open3'
require 'puppet_code'
require 'socket'
require 'tmpdir'

RSpec.describe 'role::monitoring', type: :class do
  let(:hiera_config) { "#{REPOSITORY}/hiera.yaml" }
  let(:node) { 'monitoring.lab.test' }
  let(:trusted_facts) { { 'pp_role' => 'monitoring', 'pp_environment' => 'prod' } }

  # @return the content of a file of the catalogue, as YAML
  def yaml(path)
    content = catalogue.resource('File', path)[:content]
    YAML.safe_load(content.respond_to?(:unwrap) ? content.unwrap : content, aliases: true)
  end

  %w[debian-12 debian-13].each do |system|
    context "on #{system}" do
      let(:facts) { SYSTEMS.fetch(system) }

      it { is_expected.to compile.with_all_deps }

      %w[prometheus prometheus-alertmanager prometheus-blackbox-exporter prometheus-node-exporter].each do |name|
        it { is_expected.to contain_service("#{name}.service").with(ensure: 'running', enable: true) }

        it "has #{name} in its sandbox, and on loopback, from its first start" do
          is_expected.to contain_file("/etc/systemd/system/#{name}.service.d/fleet.conf").that_comes_before("Package[#{name}]")
          conf = catalogue.resource('File', "/etc/systemd/system/#{name}.service.d/fleet.conf")[:content]
          expect(conf).to match(/--web\.listen-address=127\.0\.0\.1:\d+/) unless name == 'prometheus-node-exporter'
        end
      end

      it 'has a configuration checked before it is taken' do
        {
          '/etc/prometheus/prometheus.yml' => 'promtool check config', '/etc/prometheus/rules/fleet.yml' => 'promtool check rules',
          '/etc/prometheus/alertmanager.yml' => 'amtool check-config', '/etc/prometheus/blackbox.yml' => '--config.check'
        }.each { |file, check| is_expected.to contain_file(file).with_validate_cmd(/#{check}.* ?=?%/) }
      end

      it 'is nobody but whom the programs themselves take' do
        checks = catalogue.resources.select { |resource| resource.type == 'File' && resource[:validate_cmd] }
        checks.reject { |file| file[:path].to_s.include?('fleet-web') || file.title.include?('fleet-web') }.each do |file|
          Dir.mktmpdir do |folder|
            content = file[:content].respond_to?(:unwrap) ? file[:content].unwrap : file[:content]
            File.write("#{folder}/file", content)
            said, done = Open3.capture2e(file[:validate_cmd].gsub('%', "#{folder}/file"))
            expect(done).to be_success, "#{file.title}: #{said}"
          end
        end
      end
    end
  end

  context 'with machines of PuppetDB' do
    let(:facts) { SYSTEMS.fetch('debian-13') }
    let(:jobs) { yaml('/etc/prometheus/prometheus.yml')['scrape_configs'].to_h { |job| [job['job_name'], job] } }

    it 'asks PuppetDB for them by its own certificate, which the unit gets' do
      %w[node webui].each do |name|
        found = jobs[name]['puppetdb_sd_configs'].first
        expect(found['url']).to eq('https://puppet.example.org:8081')
        expect(found['tls_config']['cert_file']).to eq('/run/credentials/prometheus.service/cert.pem')
      end
      is_expected.to contain_file('/etc/systemd/system/prometheus.service.d/fleet.conf')
        .with_content(%r{^LoadCredential=key\.pem:/var/lib/puppet/ssl/private_keys/monitoring\.lab\.test\.pem$})
    end

    it 'asks whoever watches, too' do
      expect(%w[prometheus alertmanager].map { |name| jobs[name]['static_configs'] })
        .to eq([[{ 'targets' => ['127.0.0.1:9090'] }], [{ 'targets' => ['127.0.0.1:9093'] }]])
    end

    it 'asks for classes that there are' do
      queries = jobs.values.flat_map { |job| job.fetch('puppetdb_sd_configs', []) }.map { |found| found['query'] }
      expect(queries.uniq).to eq(['resources { type = "Class" and title = "Profile::Node_exporter" }',
                                  'resources { type = "Class" and title in ["Indextts2"] }',
                                  'resources { type = "Gateway::Service" }'])
      is_expected.to contain_class('profile::node_exporter')
      declared = PuppetCode.parameters("#{REPOSITORY}/modules/indextts2/manifests/init.pp")
      expect(declared).to include('port', 'tls_certificate', 'ensure')
      expect(PuppetCode.parameters("#{REPOSITORY}/modules/gateway/manifests/service.pp")).to include('watch_port', 'ensure')
    end

    # What Prometheus itself makes of what a PuppetDB answers: promtool asks one that is here.
    def targets(job, resources)
      puppetdb = TCPServer.new('127.0.0.1', 0)
      answering = Thread.new do
        loop do
          client = puppetdb.accept
          length = 0
          while (line = client.gets&.strip) && !line.empty?
            length = line.split.last.to_i if line.downcase.start_with?('content-length:')
          end
          client.read(length)
          body = JSON.generate(resources)
          client.write("HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: #{body.bytesize}\r\nConnection: close\r\n\r\n#{body}")
          client.close
        end
      end
      one = jobs[job].reject { |key, _| key == 'tls_config' }
      found = one['puppetdb_sd_configs'].first
      one['puppetdb_sd_configs'] = [found.reject { |key, _| key == 'tls_config' }.merge('url' => "http://127.0.0.1:#{puppetdb.addr[1]}")]
      Dir.mktmpdir do |folder|
        File.write("#{folder}/prometheus.yml", YAML.dump('scrape_configs' => [one]))
        said, done = Open3.capture2('promtool', 'check', 'service-discovery', '--timeout=3s', "#{folder}/prometheus.yml", job)
        expect(done).to be_success, said
        JSON.parse(said).map { |target| target['labels'] }.compact.reject(&:empty?)
      end
    ensure
      answering.kill
      puppetdb.close
    end

    # @return a resource as PuppetDB has it
    def resource(title, certname, parameters)
      { 'certname' => certname, 'resource' => '0', 'type' => 'Class', 'title' => title, 'exported' => false, 'tags' => [], 'file' => 'x',
        'environment' => 'production', 'parameters' => parameters }
    end

    it 'finds each machine at the port that it says' do
      made = targets('node', [resource('Profile::Node_exporter', 'tts1.lab.test', 'port' => 9100), resource('Profile::Node_exporter', 'tts2.lab.test', 'port' => 9999)])
      expect(made.map { |labels| labels.values_at('__address__', '__scheme__', 'certname', 'instance') })
        .to contain_exactly(%w[tts1.lab.test:9100 https tts1.lab.test tts1.lab.test], %w[tts2.lab.test:9999 https tts2.lab.test tts2.lab.test])
    end

    it 'finds the exporter of the Puppet server for a job that expects its other name, and for no other' do
      all = %w[puppet.example.org puppet-example.org].map { |certname| resource('Profile::Node_exporter', certname, 'port' => 9100) }
      found = ['node', 'node of the Puppet server'].map { |job| targets(job, all).map { |labels| labels.values_at('certname', 'job') } }
      expect(found).to eq([[%w[puppet-example.org node]], [%w[puppet.example.org node]]])
      expect(jobs['node of the Puppet server']['tls_config']['server_name']).to eq('watch.puppet.example.org')
      expect(jobs['fleet']['tls_config']['server_name']).to eq('watch.puppet.example.org')
    end

    it 'probes each web UI as its clients do, and none that is to be absent' do
      made = targets('webui', [
                       resource('Indextts2', 'tts1.lab.test', 'ensure' => 'present', 'port' => 7860),
                       resource('Indextts2', 'tts2.lab.test', 'ensure' => 'present', 'port' => 443, 'tls_certificate' => '/x.pem'),
                       resource('Indextts2', 'tts3.lab.test', 'ensure' => 'absent', 'port' => 7860)
                     ])
      expect(made.map { |labels| labels.values_at('__address__', '__param_target', 'certname', 'service') })
        .to contain_exactly(%w[127.0.0.1:9115 http://tts1.lab.test:7860/config tts1.lab.test indextts2],
                            %w[127.0.0.1:9115 https://tts2.lab.test:443/config tts2.lab.test indextts2])
    end

    it 'asks each gateway for what it knows of its nodes, and none that is to be absent' do
      made = targets('gateway', [
                       resource('indextts2', 'gw1.lab.test', 'ensure' => 'present', 'watch_port' => 9101),
                       resource('echo_tiny', 'gw1.lab.test', 'ensure' => 'present', 'watch_port' => 9102),
                       resource('indextts2', 'gw2.lab.test', 'ensure' => 'absent', 'watch_port' => 9101)
                     ])
      expect(made.map { |labels| labels.values_at('__address__', '__scheme__', 'certname', 'service', 'instance') })
        .to contain_exactly(['gw1.lab.test:9101', 'https', 'gw1.lab.test', 'indextts2', 'gw1.lab.test indextts2'],
                            ['gw1.lab.test:9102', 'https', 'gw1.lab.test', 'echo_tiny', 'gw1.lab.test echo_tiny'])
    end

    it 'has nothing open where nobody is let in' do
      is_expected.to contain_service('fleet-web.service').with(ensure: 'stopped', enable: false)
      is_expected.to contain_file('/etc/fleet-web/haproxy.cfg').with_ensure('absent')
      is_expected.not_to contain_service('puppetboard.service')
    end
  end

  context 'where somebody is let in' do
    let(:facts) { SYSTEMS.fetch('debian-13') }
    let(:pre_condition) { "class { 'profile::web': users => Sensitive({ 'alice' => '$6$a$b' }) }" }

    it { is_expected.to compile.with_all_deps }
    it { is_expected.to contain_service('fleet-web.service').with(ensure: 'running', enable: true) }
    it { is_expected.to contain_service('puppetboard.service').with(ensure: 'running', enable: true) }

    it 'has the passwords in no message and in no file that others read' do
      file = catalogue.resource('File', '/etc/fleet-web/haproxy.cfg')
      expect(file.sensitive_parameters).to eq([:content])
      expect(file[:mode]).to eq('0600')
    end

    it 'builds of digests alone, and as nobody who runs it' do
      is_expected.to contain_exec('build puppetboard')
        .with(user: 'puppetboard-build', unless: 'cmp -s /etc/puppetboard/requirements.txt /opt/puppetboard/venv/installed')
      build = catalogue.resource('Exec', 'build puppetboard')[:command]
      expect(build.scan('pip install').length).to eq(build.scan('--require-hashes').length)
      is_expected.to contain_file('/etc/systemd/system/puppetboard.service').with_content(/^DynamicUser=yes$/)
    end

    it 'asks an index that hangs once a run, and no longer than ten minutes' do
      build = catalogue.resource('Exec', 'build puppetboard')
      expect(build[:tries].to_i).to be <= 1
      expect(build[:timeout]).to be <= 600
    end

    # What the exec does is tried in a folder of these examples', with a Python that makes what it is told of.
    describe 'the command that builds it' do
      let(:folder) { Dir.mktmpdir }
      let(:command) { catalogue.resource('Exec', 'build puppetboard')[:command].gsub('/opt/puppetboard', folder).gsub('/etc/puppetboard', folder) }

      before do
        FileUtils.mkdir("#{folder}/bin")
        File.write("#{folder}/bin/python3", <<~'SH')
          #!/bin/sh
          for at; do :; done
          rm -rf "$at"/* && mkdir -p "$at/bin" && printf '#!/bin/sh\n%s\n' "$PIP" >"$at/bin/pip" && chmod +x "$at/bin/pip"
        SH
        FileUtils.chmod(0o755, "#{folder}/bin/python3")
      end

      after { FileUtils.rm_rf(folder) }

      def build(list, pip)
        File.write("#{folder}/requirements.txt", list)
        _, status = Open3.capture2e({ 'PATH' => "#{folder}/bin:/usr/bin:/bin", 'PIP' => pip }, 'sh', '-c', "umask 022; #{command}", chdir: folder)
        status.success?
      end

      # @return what the one that runs was built of
      def installed
        File.read("#{folder}/venv/installed")
      end

      it 'builds the next one beside, and leaves what runs alone where that fails' do
        expect(build('one', 'exit 0')).to be(true)
        runs = File.realpath("#{folder}/venv")
        expect(build('two', 'exit 1')).to be(false)
        expect([installed, File.realpath("#{folder}/venv")]).to eq(['one', runs])
        expect(build('two', 'exit 0')).to be(true)
        expect(installed).to eq('two')
        expect(File.stat("#{folder}/venv").mode & 0o005).to eq(0o005)
        expect(Dir.exist?(runs)).to be(true), 'it runs until it is started anew'
      end

      it 'takes away what failed or is older, and what an older version of it built in place' do
        FileUtils.mkdir("#{folder}/venv")
        build('one', 'exit 1')
        expect(File.directory?("#{folder}/venv")).to be(true)
        %w[one two three].each { |list| expect(build(list, 'exit 0')).to be(true) }
        expect(Dir.glob("#{folder}/venv*").length).to eq(3)
      end
    end
  end

  context 'with a receiver' do
    let(:facts) { SYSTEMS.fetch('debian-13') }
    let(:pre_condition) { "class { 'profile::alertmanager': receivers => Sensitive([{ 'name' => 'on call' }]) }" }

    it('tells it') { expect(yaml('/etc/prometheus/alertmanager.yml')['route']['receiver']).to eq('on call') }

    it('tells nobody of what is always there') do
      expect(yaml('/etc/prometheus/alertmanager.yml')['route']['routes'].first).to include('matchers' => ['alertname = Watchdog'], 'receiver' => 'nobody')
    end

    context 'that is no watchdog' do
      let(:pre_condition) { "class { 'profile::alertmanager': watchdog => 'dead' }" }

      it { is_expected.to compile.and_raise_error(/watchdog is 'dead': write the name of one of profile::alertmanager::receivers/) }
    end
  end

  context 'with a password of the probe, and no user for it' do
    let(:facts) { SYSTEMS.fetch('debian-13') }
    let(:pre_condition) { "class { 'profile::blackbox_exporter': user => 'watch' }" }

    it { is_expected.to compile.and_raise_error(/user has no password/) }
  end

  { '10s' => 20, '30m' => 3600, '2h' => 14_400 }.each do |interval, two_runs|
    context "with agents that run every #{interval}" do
      let(:facts) { SYSTEMS.fetch('debian-13') }
      let(:pre_condition) { "class { 'profile::prometheus': runinterval => '#{interval}' }" }

      it { is_expected.to contain_file('/etc/prometheus/rules/fleet.yml').with_content(/^        for: #{two_runs}s$/).with_content(/fleet_node_report_time_seconds > #{two_runs * 8 / 5}$/) }
    end
  end
end

RSpec.describe 'profile::node_exporter', type: :class do
  let(:hiera_config) { "#{REPOSITORY}/hiera.yaml" }

  context 'on a machine with a card' do
    let(:facts) { NvidiaNode.facts('debian-12').merge('nvidia' => StandInMachine.open('fine', &:fact)) }

    it { is_expected.to compile.with_all_deps }

    %w[driver.prom cards.prom].each do |file|
      it { is_expected.to contain_file("/var/lib/prometheus/node-exporter/#{file}").with(ensure: 'link', target: "/var/lib/nvidia/#{file}") }
    end
  end

  context 'on a machine without one' do
    let(:facts) { SYSTEMS.fetch('debian-13') }
    let(:params) { { 'clients' => ['monitoring.example.org'] } }

    it { is_expected.not_to contain_file('/var/lib/prometheus/node-exporter/driver.prom') }

    it 'answers nobody without a certificate of the fleet, and of those whom it is told' do
      server = YAML.safe_load(catalogue.resource('File', '/etc/prometheus/node-exporter-web.yml')[:content])['tls_server_config']
      expect(server).to include('client_auth_type' => 'RequireAndVerifyClientCert', 'client_allowed_sans' => ['monitoring.example.org'])
    end
  end

  context 'on Rocky, which has none' do
    let(:facts) { SYSTEMS.fetch('rocky-9') }

    it { is_expected.to compile.with_all_deps }
    it { is_expected.not_to contain_package('prometheus-node-exporter') }
  end
end
