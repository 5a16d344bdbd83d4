# frozen_string_literal: true

require 'fileutils'
require 'open3'
require 'puppet_code'
require 'puppetdb_answer'
require 'tmpdir'
require 'watch_parameters'

GATEWAY_CONFIG = '/etc/gateway/indextts2/haproxy.cfg'

# Two machines that share an address, one of them with another parameter than usual.
module Keepalived
  BEFORE = "#{PuppetdbAnswer.with({ 'tts1.lab.test' => {} }, environment: 'prod')}class { 'profile::gateway': services => { 'indextts2' => { 'port' => 7777 } } }\n".freeze
  USUAL = { 'address' => "'10.0.0.9/24'", 'peers' => "{ 'puppet.lab.test' => '10.0.0.5', 'gw2.example.org' => '10.0.0.6' }" }.freeze

  # @return a value of a parameter, the others that go with it, and what it shows as
  def self.away(name, value, content)
    others = USUAL.reject { |other, _| other == name }.map { |other, text| ", #{other} => #{text}" }.join
    [WatchParameters::Code.new("#{value}#{others}"), WatchParameters.shown('/etc/keepalived/keepalived.conf', content), BEFORE]
  end

  ALL = {
    'address' => away('address', USUAL['address'], %r{virtual_ipaddress \{\s+10\.0\.0\.9/24\s+\}}),
    'peers' => away('peers', USUAL['peers'], /unicast_src_ip 10\.0\.0\.5\s+unicast_peer \{\s+10\.0\.0\.6\s+\}/),
    'priority' => away('priority', '90', /^    priority 190$/),
    'router_id' => away('router_id', '7', /^    virtual_router_id 7$/),
    'interface' => away('interface', "'bond0'", /^    interface bond0$/),
  }.freeze
end

# Each parameter of each profile away from its default, on the machine that has all of them.
RSpec.describe 'role::puppet_server', type: :class do
  let(:hiera_config) { "#{REPOSITORY}/hiera.yaml" }
  let(:facts) { SYSTEMS.fetch('debian-13') }
  let(:node) { 'puppet.lab.test' }
  let(:trusted_facts) { { 'pp_role' => 'puppet_server', 'pp_environment' => 'prod' } }

  # @return a matcher: a setting has this value
  def a_setting(title, value)
    contain_ini_setting(title).with_value(value)
  end

  away = {
    'backup' => {
      'directory' => ['/mnt/backup/puppet', lambda {
        contain_file('/etc/systemd/system/puppet-backup.service').with_content(%r{^ReadWritePaths=/mnt/backup/puppet$})
      }],
      'keep' => [3, -> { contain_file('/etc/puppet-backup.json').with_content(/"keep": 3,/) }],
      'on_calendar' => ['*-*-* 0/6:00:00', lambda {
        contain_file('/etc/systemd/system/puppet-backup.timer').with_content(%r{^OnCalendar=\*-\*-\* 0/6:00:00$})
      }],
    },
    'canary' => {
      'remote' => ['ssh://git@git.example.org/control.git', lambda {
        contain_file('/etc/fleet-canary/settings.json').with_content(%r{"remote": "ssh://git@git\.example\.org/control\.git"})
      }],
      'branch' => ['main', -> { contain_file('/etc/fleet-canary/settings.json').with_content(/"branch": "main"/) }],
      'interval' => ['5m', -> { contain_file('/etc/systemd/system/fleet-canary.timer').with_content(/^OnUnitInactiveSec=5m$/) }],
      'prometheus' => ['http://127.0.0.1:9091', lambda {
        contain_file('/etc/fleet-canary/settings.json').with_content(%r{"prometheus": "http://127\.0\.0\.1:9091"})
      }],
      'limits' => [WatchParameters::Code.new("{ 'error_ratio' => 0.1, 'memory_ratio' => undef }"), lambda {
        contain_file('/etc/fleet-canary/settings.json').with_content(/"limits": \{\s*"error_ratio": 0\.1,\s*"memory_ratio": null\s*\}/)
      }],
      # 79200: what YAML makes of 22:00
      'freezes' => [[{ 'from' => 79_200, 'to' => '06:00', 'days' => ['fri'] }], lambda {
        contain_file('/etc/fleet-canary/settings.json').with_content(/"from": "22:00",\s*"to": "06:00",\s*"days": \[\s*"fri"\s*\]/)
      }],
      'smoke' => [{ 'indextts2' => 'https://{certname}:7860/config' }, lambda {
        contain_file('/etc/fleet-canary/settings.json').with_content(%r{"indextts2": "https://\{certname\}:7860/config"})
      }],
      'ssh_key' => ['/etc/ssh/fleet-canary', lambda {
        contain_file('/etc/systemd/system/fleet-canary.service').with_content(%r{^LoadCredential=ssh_key:/etc/ssh/fleet-canary$})
      }],
      'known_hosts' => [['git.example.org ssh-ed25519 AAAA'], lambda {
        contain_file('/etc/fleet-canary/known_hosts').with_content("git.example.org ssh-ed25519 AAAA\n")
      }],
    },
    'code_deploy' => {
      'remote' => ['git://git.example.org/control.git', lambda {
        contain_file('/etc/puppetlabs/r10k/r10k.yaml').with_content(%r{remote: git://git\.example\.org/control\.git$})
      }],
      'branches' => [%w[production test], -> { contain_file('/etc/code-deploy.json').with_content(/"branches": \[\s*"production",\s*"test"\s*\]/) }],
      'modules' => [false, -> { contain_file('/etc/code-deploy.json').with_content(/"modules": false/) }],
      'interval' => ['1h', -> { contain_file('/etc/systemd/system/code-deploy.timer').with_content(/^OnUnitInactiveSec=1h$/) }],
      'compile_nodes' => [3, -> { contain_file('/etc/code-deploy.json').with_content(/"nodes": 3/) }],
      'keep_versions' => [5, -> { contain_file('/etc/code-deploy.json').with_content(/"keep": 5/) }],
    },
    'puppet_agent' => {
      'server' => ['puppet.example.org', -> { a_setting("puppet.conf: agent's server", 'puppet.example.org') }],
      'ca_server' => ['ca.example.org', -> { contain_ini_setting("puppet.conf: agent's ca_server").with(section: 'agent', value: 'ca.example.org') }],
      'runinterval' => ['1h', -> { a_setting("puppet.conf: agent's runinterval", '1h') }],
      'runtimeout' => ['2h', -> { contain_file('/etc/systemd/system/puppet-agent-run.service').with_content(/^TimeoutStartSec=#{7200 + 600 + 300}$/) }],
      'service' => ['stopped', -> { contain_service('puppet-agent.timer').with(ensure: 'stopped', enable: false) }],
    },
    'puppet_ca' => {
      'dns_alt_names' => [%w[puppet puppet.example.org], lambda {
        a_setting("puppet.conf: server's dns_alt_names", 'puppet,puppet.example.org')
      }],
      'ca_server' => ['puppet.example.org', -> { a_setting('puppet.conf: ca_server', 'puppet.example.org') }],
    },
    'puppet_server' => {
      'heap' => ['1g', -> { a_setting("puppetserver: java's arguments", /-Xms1g -Xmx1g/) }],
      'max_active_instances' => [3, lambda {
        contain_file('/etc/puppet/puppetserver/conf.d/puppetserver.conf').with_content(/^  max-active-instances: 3$/)
      }],
      'java_args' => [%w[-Dx=y], -> { a_setting("puppetserver: java's arguments", / -Dx=y /) }],
      'environment_timeout' => ['0', -> { a_setting("puppet.conf: server's environment_timeout", '0') }],
      'puppetdb_server' => ['db.example.org', -> { contain_file('/dev/null/puppetdb.conf').with_content(%r{https://db\.example\.org:8081}) }],
      'reports' => [%w[puppetdb], -> { a_setting("puppet.conf: server's reports", 'puppetdb') }],
    },
    'puppetdb' => {
      'heap' => ['1g', -> { a_setting("puppetdb: java's arguments", /-Xmx1g/) }],
      'java_args' => [%w[-Dx=y], -> { a_setting("puppetdb: java's arguments", / -Dx=y"/) }],
      'clients' => [%w[puppet.example.org], lambda {
        contain_file('/etc/puppetdb/certificate-allowlist').with_content("puppet.example.org\nwatch.puppet.lab.test\n")
      }],
    },
    'gateway' => {
      'services' => [WatchParameters::Code.new("{ 'indextts2' => { 'port' => 7777, 'join' => '/send' } }"), lambda {
        contain_file(GATEWAY_CONFIG).with_content(%r{bind 0\.0\.0\.0:7777$.*acl join path /send$}m)
      }, PuppetdbAnswer.with({ 'tts1.lab.test' => {} }, environment: 'prod')],
      'users' => [WatchParameters::Code.new("Sensitive({ 'indextts2' => { 'ann' => '$6$a$b' } }), services => { 'indextts2' => { 'port' => 7777 } }"),
                  WatchParameters.hidden(GATEWAY_CONFIG, /^    user ann password \$6\$a\$b$/), PuppetdbAnswer.with({ 'tts1.lab.test' => {} }, environment: 'prod')],
    },
    'services' => {
      'names' => [WatchParameters::Code.new("['speech_recognition']"), lambda {
        contain_file('/var/lib/prometheus/node-exporter/speech_recognition.prom').with_ensure('absent')
      }, "class { 'speech_recognition': ensure => absent }"],
    },
    'keepalived' => Keepalived::ALL,
  }.merge(WatchParameters::ALL)

  declared = Dir["#{REPOSITORY}/modules/profile/manifests/*.pp"].to_h do |file|
    [File.basename(file, '.pp'), PuppetCode.parameters(file)]
  end

  it 'has an example for every parameter of every profile, away from its default' do
    expect(away.transform_values(&:keys)).to eq(declared.reject { |_, parameters| parameters.empty? }.transform_values(&:keys))
    away.each do |profile, parameters|
      parameters.each { |name, (value, _)| expect(value).not_to eq(declared[profile][name]) }
    end
  end

  away.each do |profile, parameters|
    # what has to be said before, where another class is needed for it to show
    parameters.each do |name, (value, shown, before)|
      context "with profile::#{profile}::#{name} away from its default" do
        let(:pre_condition) { "#{before}class { 'profile::#{profile}': #{name} => #{value.inspect.tr('"', "'")} }" }

        it 'compiles, and shows it' do
          is_expected.to compile.with_all_deps
          is_expected.to instance_exec(&shown)
        end
      end
    end
  end

  context 'without deploys by the clock' do
    let(:pre_condition) { "class { 'profile::code_deploy': interval => 'never' }" }

    it { is_expected.to contain_service('code-deploy.timer').with(ensure: 'stopped', enable: false) }
  end

  # cores, memory in MiB: instances and heap of a server that has PuppetDB and PostgreSQL beside it
  { [2, 4096] => [1, 1024], [8, 16_384] => [7, 4096], [8, 5120] => [3, 2048], [16, 65_536] => [15, 8192], [1, 1024] => [1, 1024] }.each do |(cores, mib), (jrubies, heap)|
    context "on #{cores} cores and #{mib} MiB" do
      let(:facts) { super().merge('processors' => { 'count' => cores }, 'memory' => { 'system' => { 'total_bytes' => mib * 1024 * 1024 } }) }

      it 'gives the server what the rule does' do
        is_expected.to contain_file('/etc/puppet/puppetserver/conf.d/puppetserver.conf').with_content(/^  max-active-instances: #{jrubies}$/)
        is_expected.to a_setting("puppetserver: java's arguments", /-Xms#{heap}m -Xmx#{heap}m /)
      end
    end
  end

  it 'has a certificate authority, and no other server for it' do
    is_expected.to contain_file('/etc/puppet/puppetserver/services.d/ca.cfg').with_content(%r{^puppetlabs\.services\.ca\.certificate-authority-service/certificate-authority-service$})
    is_expected.to contain_ini_setting('puppet.conf: ca_server').with_ensure('absent')
  end

  context 'without backups by the clock' do
    let(:pre_condition) { "class { 'profile::backup': on_calendar => 'never' }" }

    it { is_expected.to contain_service('puppet-backup.timer').with(ensure: 'stopped', enable: false) }
    it { is_expected.to contain_file('/etc/systemd/system/puppet-backup.timer').with_ensure('absent') }
  end

  it 'backs up the authority, each key that cannot be made anew, and the memory of used invitations' do
    config = JSON.parse(catalogue.resource('File', '/etc/puppet-backup.json')[:content])
    keys = YAML.load_file("#{REPOSITORY}/hiera.yaml")['hierarchy'].find { |level| level['lookup_key'] == 'eyaml_lookup_key' }['options']
    expect(config).to include('certname' => 'puppet.lab.test', 'ca' => '/etc/puppet/puppetserver/ca', 'database' => 'puppetdb')
    expect(config['trees']).to include(
      config['ca'], '/var/lib/puppet/ssl', '/etc/puppet/autosign.key', '/var/lib/puppetserver/autosign', File.dirname(keys['pkcs7_private_key']),
    )
    autosign = File.read("#{REPOSITORY}/modules/profile/files/autosign.py")
    expect(autosign.scan(/Path\("([^"]+)"\)/).flatten - config['trees']).to be_empty
  end

  it 'backs up the record of deploys, and none of the code: it is deployed anew, and may serve where a restore puts back' do
    trees = JSON.parse(catalogue.resource('File', '/etc/puppet-backup.json')[:content])['trees']
    deploys = JSON.parse(catalogue.resource('File', '/etc/code-deploy.json')[:content])
    expect(trees).to include("#{deploys['state']}/deploys.jsonl")
    places = ["#{deploys['state']}/versions", "#{deploys['state']}/staging", deploys['environments']]
    expect(trees.product(places).select { |tree, place| "#{place}/".start_with?("#{tree}/") || "#{tree}/".start_with?("#{place}/") }).to be_empty
  end

  it 'has an account of its own for backups, that may read all and write to one folder' do
    unit = catalogue.resource('File', '/etc/systemd/system/puppet-backup.service')[:content]
    expect(unit).to match(/^User=puppet-backup$/)
    expect(unit.scan(/^(?:Ambient|Bounding|Capability)\w*=(.*)$/).flatten.uniq).to eq(%w[CAP_DAC_READ_SEARCH])
    expect(unit.scan(/^ReadWritePaths=(.*)$/).flatten).to eq(%w[/var/backups/puppet])
    is_expected.to contain_file('/var/backups/puppet').with(ensure: 'directory', owner: 'puppet-backup', mode: '0700')
    is_expected.to contain_exec('let the account of backups read PuppetDB').with_user('postgres').that_requires('Package[postgresql]')
  end

  it 'drives canaries as an account that may write nothing but its folder, and the remote where that is a folder' do
    unit = catalogue.resource('File', '/etc/systemd/system/fleet-canary.service')[:content]
    expect(unit).to match(/^User=fleet-canary$/).and match(/^CapabilityBoundingSet=$/).and match(/^ProtectSystem=strict$/)
    expect(unit).to match(%r{^ExecStart=/usr/local/bin/fleet canary run --settings /etc/fleet-canary/settings\.json$})
    expect(unit.scan(/^(?:ReadWritePaths|StateDirectory)=(.*)$/).flatten).to eq(%w[fleet-canary -/srv/git/control.git])
    is_expected.to contain_file('/etc/fleet-canary/settings.json').with(group: 'fleet-canary', mode: '0640')
    settings = JSON.parse(catalogue.resource('File', '/etc/fleet-canary/settings.json')[:content])
    expect(settings).to include('remote' => '/srv/git/control.git', 'branch' => 'production', 'limits' => {}, 'freezes' => [])
    expect(settings).not_to include('ssh_key', 'known_hosts')
    is_expected.to contain_file('/etc/systemd/system/fleet-canary.timer').with_content(/^OnUnitInactiveSec=60s$/).that_notifies('Service[fleet-canary.timer]')
    is_expected.to contain_service('fleet-canary.timer').with(ensure: 'running', enable: true).that_requires('User[fleet-canary]')
    is_expected.to contain_file('/etc/fleet-canary/driver.prom').with_content(/^fleet_canary_interval_seconds 60$/)
    is_expected.to contain_file('/var/lib/prometheus/node-exporter/fleet_canary.prom').with_target('/var/lib/fleet-canary/fleet_canary.prom')
    is_expected.to contain_exec('begin /var/lib/fleet-canary/fleet_canary.prom')
      .with(command: %w[/usr/bin/install -D --mode=0644 /dev/null /var/lib/fleet-canary/fleet_canary.prom], creates: '/var/lib/fleet-canary/fleet_canary.prom')
      .that_comes_before('File[/var/lib/prometheus/node-exporter/fleet_canary.prom]')
  end

  context 'where people drive canaries' do
    let(:pre_condition) { "class { 'profile::canary': interval => 'never' }" }

    it('has no circle') { is_expected.to compile.with_all_deps }
    it('has no timer') { is_expected.to contain_service('fleet-canary.timer').with(ensure: 'stopped', enable: false) }
    it('leaves no timer behind') { is_expected.to contain_file('/etc/systemd/system/fleet-canary.timer').with_ensure('absent') }
    it('tells of no pass') { is_expected.to contain_file('/var/lib/fleet-canary/fleet_canary.prom').with(ensure: 'file', content: '') }
    it('has Prometheus miss none') { is_expected.to contain_file('/etc/fleet-canary/driver.prom').with_ensure('absent') }
  end

  it 'lets nobody but a deploy empty the cache of the server' do
    is_expected.to contain_file('/etc/puppet/puppetserver/conf.d/auth.conf')
      .with_content(%r{allow: "puppet\.lab\.test"\n\s+match-request: \{ path: "/puppet-admin-api/v1/environment-cache"})
      .with_content(/sort-order: 999, deny: "\*"/)
    is_expected.to contain_file('/etc/code-deploy.json')
      .with_content(%r{"cache_url": "https://puppet\.lab\.test:8140/puppet-admin-api/v1/environment-cache"})
    is_expected.to contain_file('/etc/systemd/system/code-deploy.service')
      .with_content(%r{^LoadCredential=server\.key:/var/lib/puppet/ssl/private_keys/puppet\.lab\.test\.pem$})
  end

  describe 'what watches there' do
    let(:pre_condition) { WatchParameters::DOOR }
    let(:files) { catalogue.resources.select { |resource| resource.type == :file || resource.type == 'File' } }

    # What holds the server's own key. Whatever else comes here has to be as little open to others.
    let(:holders) { %w[/etc/systemd/system/code-deploy.service /etc/systemd/system/code-deploy@.service /etc/puppetlabs/client-tools/puppetdb.conf] }

    it 'has a key of its own, and the server\'s is with nobody who has no need of it' do
      named = files.select do |file|
        content = file[:content]
        content = content.unwrap if content.respond_to?(:unwrap)
        content.to_s.include?('/private_keys/puppet.lab.test.pem')
      end
      expect(named.map(&:title)).to match_array(holders)
      %w[prometheus.service.d/fleet.conf prometheus-node-exporter.service.d/fleet.conf fleet-exporter.service fleet-canary.service puppetboard.service fleet-web.service].each do |unit|
        is_expected.to contain_file("/etc/systemd/system/#{unit}").with_content(%r{^LoadCredential=\S+:/var/lib/puppet/ssl/private_keys/watch\.puppet\.lab\.test\.pem$})
      end
    end

    it 'gets it when the server can sign, and before it is handed over' do
      made = 'make the certificate of the watch'
      is_expected.to contain_exec(made).with_unless(/ check watch\.puppet\.lab\.test$/).that_requires('Service[puppetserver]')
      %w[prometheus fleet-exporter puppetboard prometheus-node-exporter fleet-web].each { |name| is_expected.to contain_exec(made).that_comes_before("Service[#{name}.service]") }
    end

    it 'is let in to the record and to the state of the server, and nowhere else' do
      is_expected.to contain_file('/etc/puppetdb/certificate-allowlist').with_content("puppet.lab.test\nwatch.puppet.lab.test\n")
      rules = catalogue.resource('File', '/etc/puppet/puppetserver/conf.d/auth.conf')[:content].split(/^    (?=\{ name:)/)
      expect(rules.grep(/watch/)).to match([%r{path: "/status/v1/services"}])
    end

    it 'asks the exporters of the server by that name, and all others by theirs' do
      jobs = YAML.safe_load(catalogue.resource('File', '/etc/prometheus/prometheus.yml')[:content], aliases: true)['scrape_configs']
      names = jobs.to_h { |job| [job['job_name'], job.dig('tls_config', 'server_name')] }
      expect(names).to include('node' => nil, 'node of the Puppet server' => 'watch.puppet.lab.test')
    end
  end

  context 'before its first run knows a role' do
    let(:trusted_facts) { {} }
    let(:pre_condition) { "class { 'profile::code_deploy': remote => '/srv/git/control.git' }" }

    it 'watches by the certificate that there is' do
      is_expected.to compile.with_all_deps
      is_expected.not_to contain_exec('make the certificate of the watch')
      is_expected.to contain_file('/etc/systemd/system/fleet-exporter.service').with_content(%r{private_keys/puppet\.lab\.test\.pem$})
      is_expected.to contain_file('/etc/puppetdb/certificate-allowlist').with_content("puppet.lab.test\nwatch.puppet.lab.test\n")
    end
  end

  it 'has fleet of the code that is deployed, and lets root alone ask PuppetDB' do
    is_expected.to contain_package('python3-pypuppetdb')
    is_expected.to contain_file('/usr/local/bin/fleet').with(mode: '0755').with_content(/-m generator\.cli "\$@"/)
    settings = catalogue.resource('File', '/etc/puppetlabs/client-tools/puppetdb.conf')
    expect(settings[:mode]).to eq('0600')
    expect(JSON.parse(settings[:content])['puppetdb']).to eq(
      'server_urls' => 'https://puppet.lab.test:8081',
      'cacert' => '/var/lib/puppet/ssl/certs/ca.pem',
      'cert' => '/var/lib/puppet/ssl/certs/puppet.lab.test.pem',
      'key' => '/var/lib/puppet/ssl/private_keys/puppet.lab.test.pem'
    )
  end

  it 'deploys beside what serves, and never puts a folder where a deploy has a link' do
    is_expected.to contain_file('/etc/puppetlabs/r10k/r10k.yaml').with_content(%r{basedir: "?/var/lib/code-deploy/staging"?$})
    is_expected.not_to contain_file('/etc/puppet/code/environments/production')
    is_expected.to contain_ini_setting("puppet.conf: server's versioned_environment_dirs").with_value(true)
    installed = Dir["#{REPOSITORY}/modules/profile/files/code_deploy/*.py"].map { |file| File.basename(file) }
    managed = catalogue.resources.filter_map { |resource| resource.title[%r{\A/usr/local/lib/code-deploy/code_deploy/(.*)}, 1] }
    expect(managed).to match_array(installed)
  end

  it 'has every unit of a deploy run as its own account, in a sandbox' do
    %w[code-deploy.service code-deploy@.service].each do |unit|
      is_expected.to contain_file("/etc/systemd/system/#{unit}")
        .with_content(/^User=code-deploy$/).with_content(/^CapabilityBoundingSet=$/).with_content(/^ProtectSystem=strict$/)
        .with_content(%r{^ReadWritePaths=/etc/puppet/code/environments$})
    end
  end

  it 'runs new code as an account that has neither the key nor the environments' do
    unit = catalogue.resource('File', '/etc/systemd/system/code-check@.service')[:content]
    expect(unit).to match(/^User=code-check$/).and match(/^ProtectSystem=strict$/).and match(/^CapabilityBoundingSet=$/).and match(/^PrivateNetwork=yes$/)
    expect(unit).not_to match(/^(LoadCredential|ReadWritePaths|StateDirectory|CacheDirectory|SupplementaryGroups)/)
    is_expected.to contain_file('/etc/systemd/system/code-check.socket').with_content(/^SocketUser=code-deploy$/).with_content(/^SocketMode=0600$/)
    is_expected.to contain_service('code-check.socket').with(ensure: 'running', enable: true).that_requires('User[code-check]')
    socket = catalogue.resource('File', '/etc/systemd/system/code-check.socket')[:content][/^ListenStream=(.*)$/, 1]
    expect(JSON.parse(catalogue.resource('File', '/etc/code-deploy.json')[:content])).to include('checker' => socket, 'branches' => %w[production])
    is_expected.to contain_file('/etc/systemd/system/code-deploy.service').with_content(/^Wants=.* code-check\.socket$/)
  end

  it 'gives up an idle connection when agents do' do
    is_expected.to contain_file('/etc/puppet/puppetserver/conf.d/webserver.conf').with_content(/idle-timeout-milliseconds: 5000/)
  end

  it 'makes the keys of the secrets once, each where hiera.yaml says' do
    keys = YAML.load_file("#{REPOSITORY}/hiera.yaml")['hierarchy'].find { |level| level['lookup_key'] == 'eyaml_lookup_key' }['options']
    made = 'make the keys of the secrets'
    is_expected.to contain_file(keys['pkcs7_private_key']).with(owner: 'puppet', mode: '0400').that_requires("Exec[#{made}]")
    is_expected.to contain_file(keys['pkcs7_public_key']).with(owner: 'root', mode: '0644').that_requires("Exec[#{made}]")
    is_expected.to contain_file(keys['pkcs7_private_key']).that_comes_before('Service[puppetserver]')
    is_expected.to contain_exec(made).with_unless("test -s #{keys['pkcs7_private_key']}").that_requires('Package[hiera-eyaml]')
  end

  # What the exec does is tried in a folder of these examples', with the system's own eyaml.
  describe 'the command that makes the keys' do
    let(:folder) { Dir.mktmpdir }
    let(:keys) { "#{folder}/eyaml" }
    let(:command) { catalogue.resource('Exec', 'make the keys of the secrets')[:command].gsub('/etc/puppet', folder) }

    after { FileUtils.rm_rf(folder) }

    def run
      _, status = Open3.capture2e({ 'PATH' => '/usr/bin:/bin' }, 'sh', '-c', command, unsetenv_others: true)
      status.success?
    end

    it 'makes them, whatever a killed run left' do
      FileUtils.mkdir("#{keys}.new")
      FileUtils.touch("#{keys}.new/private_key.pkcs7.pem")
      expect(run).to be(true)
      expect(Dir.children(folder)).to eq(%w[eyaml])
      expect(File.read("#{keys}/private_key.pkcs7.pem")).to match(/\A-----BEGIN [A-Z ]*PRIVATE KEY-----$/)
      expect(File.read("#{keys}/public_key.pkcs7.pem")).to start_with('-----BEGIN CERTIFICATE-----')
      modes = [keys, *Dir["#{keys}/*"]].map { |path| File.stat(path).mode & 0o077 }
      expect(modes).to all(eq(0))
    end

    it 'replaces nothing that is there' do
      FileUtils.mkdir(keys)
      File.write("#{keys}/private_key.pkcs7.pem", 'kept')
      expect(run).to be(false)
      expect(Dir.children(keys)).to eq(%w[private_key.pkcs7.pem])
      expect(File.read("#{keys}/private_key.pkcs7.pem")).to eq('kept')
    end
  end

  it 'has the server find the Ruby libraries of Debian, hiera-eyaml among them' do
    is_expected.to contain_package('hiera-eyaml').that_notifies('Service[puppetserver]')
    is_expected.to contain_file('/etc/puppet/puppetserver/conf.d/puppetserver.conf')
      .with_content(%r{^  gem-path: \[.*"/usr/share/rubygems-integration/all"\]$})
      .that_notifies('Service[puppetserver]')
  end
end
