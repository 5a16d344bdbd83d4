# frozen_string_literal: true

require 'fileutils'
require 'open3'
require 'puppet_code'
require 'tmpdir'

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
    'code_deploy' => {
      'remote' => ['git://git.example.org/control.git', lambda {
        contain_file('/etc/puppetlabs/r10k/r10k.yaml').with_content(%r{remote: git://git\.example\.org/control\.git$})
      }],
      'modules' => [false, -> { contain_file('/etc/systemd/system/code-deploy.service').without_content(/--modules/) }],
      'interval' => ['1h', -> { contain_file('/etc/systemd/system/code-deploy.timer').with_content(/^OnUnitInactiveSec=1h$/) }],
    },
    'puppet_agent' => {
      'server' => ['puppet.example.org', -> { a_setting("puppet.conf: agent's server", 'puppet.example.org') }],
      'runinterval' => ['1h', -> { a_setting("puppet.conf: agent's runinterval", '1h') }],
      'service' => ['stopped', -> { contain_service('puppet').with(ensure: 'stopped', enable: false) }],
    },
    'puppet_ca' => {
      'dns_alt_names' => [%w[puppet puppet.example.org], lambda {
        a_setting("puppet.conf: server's dns_alt_names", 'puppet,puppet.example.org')
      }],
    },
    'puppet_server' => {
      'heap' => ['1g', -> { a_setting("puppetserver: java's arguments", /-Xms1g -Xmx1g/) }],
      'java_args' => [%w[-Dx=y], -> { a_setting("puppetserver: java's arguments", / -Dx=y /) }],
      'environment_timeout' => ['0', -> { a_setting("puppet.conf: server's environment_timeout", '0') }],
      'puppetdb_server' => ['db.example.org', -> { contain_file('/dev/null/puppetdb.conf').with_content(%r{https://db\.example\.org:8081}) }],
    },
    'puppetdb' => {
      'heap' => ['1g', -> { a_setting("puppetdb: java's arguments", /-Xmx1g/) }],
      'java_args' => [%w[-Dx=y], -> { a_setting("puppetdb: java's arguments", / -Dx=y"/) }],
      'clients' => [%w[puppet.example.org], lambda {
        contain_file('/etc/puppetdb/certificate-allowlist').with_content("puppet.example.org\n")
      }],
    },
  }

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
    parameters.each do |name, (value, shown)|
      context "with profile::#{profile}::#{name} away from its default" do
        let(:pre_condition) { "class { 'profile::#{profile}': #{name} => #{value.inspect.tr('"', "'")} }" }

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

  it 'lets nobody but a deploy empty the cache of the server' do
    is_expected.to contain_file('/etc/puppet/puppetserver/conf.d/auth.conf')
      .with_content(%r{allow: "puppet\.lab\.test"\n\s+match-request: \{ path: "/puppet-admin-api/v1/environment-cache"})
      .with_content(/sort-order: 999, deny: "\*"/)
    is_expected.to contain_file('/etc/systemd/system/code-deploy.service')
      .with_content(%r{https://puppet\.lab\.test:8140/puppet-admin-api/v1/environment-cache && exit})
      .with_content(%r{^LoadCredential=server\.key:/var/lib/puppet/ssl/private_keys/puppet\.lab\.test\.pem$})
  end

  it 'gives up an idle connection when agents do' do
    is_expected.to contain_file('/etc/puppet/puppetserver/conf.d/webserver.conf').with_content(/idle-timeout-milliseconds: 5000/)
  end

  it 'makes the keys of the secrets once, each where hiera.yaml says' do
    keys = YAML.load_file("#{REPOSITORY}/hiera.yaml")['hierarchy'].find { |level| level['lookup_key'] }['options']
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
