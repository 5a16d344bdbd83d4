# frozen_string_literal: true

require 'fileutils'
require 'json'
require 'open3'
require 'tmpdir'
require_relative '../../modules/record/lib/puppet_x/fleet/record/certificate'
require_relative '../../modules/record/lib/puppet_x/fleet/record/cohorts'
require_relative '../../modules/record/lib/puppet_x/fleet/record/document'
require_relative '../../modules/record/lib/puppet_x/fleet/record/line_file'

# What the certificate authority of a server keeps of a node.
module Signed
  def sign(folder)
    File.write("#{folder}/cnf", <<~CNF)
      [req]
      distinguished_name = dn
      x509_extensions = ext
      prompt = no
      [dn]
      CN = tts1.example.org
      [ext]
      1.3.6.1.4.1.34380.1.1.13 = ASN1:UTF8String:tts_node
      1.3.6.1.4.1.34380.1.1.12 = ASN1:UTF8String:prod
    CNF
    command = %w[openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout /dev/null]
    system(*command, '-config', "#{folder}/cnf", '-out', "#{folder}/tts1.example.org.pem", err: File::NULL, exception: true)
  end
end

# The versions of an environment, as the deploys leave them.
module Deployed
  NOW = 'c0ffee' * 6 + 'abcd'
  BEFORE = 'decade' * 6 + 'abcd'

  # @return the folder of the environments
  def deploy(folder, rollouts)
    FileUtils.mkdir_p("#{folder}/environments")
    rollouts.each_with_index do |(commit, files), at|
      version = "#{folder}/versions/production/2026112#{at}T101112.000001Z-#{commit[0, 12]}"
      FileUtils.mkdir_p(["#{version}/hieradata/cohorts", "#{version}/scripts"])
      FileUtils.cp("#{REPOSITORY}/scripts/config-version", "#{version}/scripts")
      File.write("#{version}/environment.conf", "config_version = scripts/config-version\n")
      File.write("#{version}/.r10k-deploy.json", JSON.pretty_generate('signature' => commit))
      files.each { |service, text| File.write("#{version}/hieradata/cohorts/#{service}.yaml", text) }
      FileUtils.rm_f("#{folder}/environments/production")
      File.symlink(version, "#{folder}/environments/production")
    end
    "#{folder}/environments"
  end
end

# A real run of this machine's Puppet with the processor; no class of the fleet, and nothing outside a folder.
module Applied
  # @return the run's report as it is in reports.jsonl
  def applied(manifest, *options)
    folders = %w[confdir vardir logdir signeddir].flat_map { |name| ["--#{name}", FileUtils.mkdir_p("#{@folder}/#{name}").first] }
    lib = "#{REPOSITORY}/modules"
    command = ['puppet', 'apply', *folders, '--modulepath', lib, '--reports', 'fleet_record', '--show_diff',
               '--certname', 'tts1.example.org',
               '--exclude_unchanged_resources', *options, '--execute', manifest]
    @said, = Open3.capture2e({ 'LC_ALL' => 'C.UTF-8' }, *command)
    lines = File.readlines("#{@folder}/logdir/reports.jsonl")
    JSON.parse(lines.last)
  end
end

RSpec.describe 'the report processor fleet_record' do
  include Applied
  include Deployed
  include Signed

  before(:context) { @folder = Dir.mktmpdir }
  after(:context) { FileUtils.rm_rf(@folder) }

  describe 'after a run' do
    before(:context) do
      sign(FileUtils.mkdir_p("#{@folder}/signeddir").first)
      %w[old secret].each { |name| File.write("#{@folder}/#{name}", "TOP-old-#{name}\n") }
      @report = applied(<<~PUPPET)
        file { '#{@folder}/old': content => 'plain', loglevel => err }
        file { '#{@folder}/secret': content => Sensitive('TOP-content'), loglevel => err }
        file { '#{@folder}/new': content => Sensitive('TOP-created') }
        file { '#{@folder}/there': ensure => directory, noop => true }
        file { '#{@folder}/none/there': content => Sensitive('TOP-nowhere') }
        exec { 'fails': command => Sensitive("/bin/sh -c 'echo TOP-out; echo TOP-err >&2; exit 3'"), logoutput => true }
        exec { 'is slow': command => Sensitive('/bin/sleep 2 # TOP-slow'), timeout => 0.2, provider => shell }
        exec { 'is guarded': command => '/bin/true', unless => Sensitive("/bin/sh -c 'echo TOP-unless; exit 1'") }
        notify { 'said': message => Sensitive('TOP-notify') }
      PUPPET
      @text = JSON.generate(@report)
    end

    it 'holds nothing that is Sensitive, and no text of a file, at whatever level it was logged' do
      expect(@said).to include('[diff redacted]').and include('-TOP-old-old')
      expect(@text).not_to include('TOP-')
      expect(@report['logs'].map { |log| log['message'] }).to include('(a diff, which is not recorded)')
    end

    it 'says which run it was, of what, and how it ended' do
      uuid = /\A\h{8}(-\h{4}){3}-\h{12}\z/
      expect(@report).to include('node' => 'tts1.example.org', 'role' => 'tts_node', 'environment' => 'prod', 'status' => 'failed', 'puppet_environment' => 'production', 'cached_catalog_status' => 'not_used',
                                 'noop' => false, 'corrective_change' => false, 'puppet_version' => Puppet.version,
                                 'transaction_uuid' => match(uuid), 'catalog_uuid' => match(uuid), 'commit' => match(/\A\d+\z/))
      expect(@report['resources']).to include('failed' => 3)
      expect(@report['timings']['total']).to be > 0
      expect([@report['start'], @report['end']]).to all(match(/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z/))
      expect(@report['end']).to be > @report['start']
    end

    it 'says what changed, resource by resource' do
      changed = @report['changes'].to_h { |change| [change['title'].delete_prefix("#{@folder}/"), change] }
      expect(changed.keys).to contain_exactly('old', 'secret', 'new', 'there', 'is guarded', 'said')
      expect(changed['there']).to include('type' => 'File', 'property' => 'ensure', 'old' => 'absent', 'new' => 'directory',
                                          'status' => 'noop', 'noop' => true, 'corrective' => false, 'line' => 4)
      expect(changed['secret']).to include('property' => 'content', 'old' => '[redacted]', 'new' => '[redacted]', 'status' => 'success')
      expect(changed['old']).to include('old' => match(/\A\{sha256\}/), 'new' => match(/\A\{sha256\}/))
    end

    it 'says what failed, and why' do
      failed = @report['failures'].to_h { |failure| [failure['title'], failure['message']] }
      expect(failed).to match("#{@folder}/none/there" => /No such file or directory/, 'fails' => /returned 3/, 'is slow' => /exceeded timeout/)
    end
  end

  it 'has the revision of the rollout that the code of its catalogue had the node in' do
    environments = deploy("#{@folder}/code", Deployed::NOW => { 'indextts2' => "revision: v24-beta\nmembers: [tts1.example.org]\n" })
    report = applied("notify { 'x': }", '--environmentpath', environments)
    expect(report).to include('commit' => Deployed::NOW, 'cohort' => { 'indextts2' => 'v24-beta' })
  end

  it 'does not tell what a command was that Puppet itself does not redact' do
    text = "Validation of Exec[x] failed: 'TOP-word' is not qualified and no path was specified"
    expect(PuppetX::Fleet::Record::Text.message(text, 99)).to eq("Validation of Exec[x] failed: '[redacted]' is not qualified and no path was specified")
  end

  it 'leaves a run alone whose report cannot be written, and says so' do
    FileUtils.mkdir_p("#{@folder}/logdir/reports.jsonl.d")
    FileUtils.rm_f("#{@folder}/logdir/reports.jsonl")
    File.symlink("#{@folder}/logdir/reports.jsonl.d", "#{@folder}/logdir/reports.jsonl")
    expect { applied("notify { 'x': }") }.to raise_error(Errno::EISDIR)
    expect(@said).to match(/fleet_record: the report \S+ of \S+ is not in the record: Is a directory/).and match(/Applied catalog/)
  ensure
    FileUtils.rm_f("#{@folder}/logdir/reports.jsonl")
  end
end

RSpec.describe 'the document of a report' do
  ENTRY = Struct.new(:level, :source, :message, :file, :line, :time)

  # What a report of any size or kind may have in it.
  def document(more = {})
    report = Puppet::Transaction::Report.new(nil, 'production')
    report.instance_variable_set(:@host, 'tts1.example.org')
    yield report if block_given?
    PuppetX::Fleet::Record::Document.new(report, **more).to_h
  end

  def event(**more)
    Puppet::Transaction::Event.new(property: 'content', previous_value: 'a', desired_value: 'b', status: 'success', **more)
  end

  # Not by Puppet::Util::Log, which says it aloud, too.
  def log(report, level, message)
    report.logs << ENTRY.new(level, 'Puppet', message, nil, nil, Time.now)
  end

  def resource(report, title, *events)
    status = Puppet::Resource::Status.new(Puppet::Resource.new('File', title).to_ral)
    events.each { |one| status.add_event(one) }
    report.add_resource_status(status)
  end

  it 'is JSON for a report of a catalogue that was never there' do
    none = document { |report| log(report, :err, 'Could not retrieve catalog') }
    expect(JSON.parse(JSON.generate(none))).to include('node' => 'tts1.example.org', 'changes' => [], 'catalog_uuid' => nil)
    expect(none['logs'].map { |log| log['level'] }).to eq(%w[err])
  end

  it 'has logs from warnings on' do
    said = document { |report| %i[debug info notice warning err].each { |level| log(report, level, 'x') } }
    expect(said['logs'].map { |log| log['level'] }).to eq(%w[warning err])
  end

  it 'knows the corrective from the intended' do
    both = document { |report| resource(report, '/x', event(corrective_change: true), event(corrective_change: false)) }
    expect(both['changes'].map { |change| change['corrective'] }).to eq([true, false])
  end

  it 'is UTF-8 whatever the bytes were' do
    odd = ["\xff\xfe".b, "caf\xe9".dup.force_encoding('ISO-8859-1'), 'ü', :absent, 7, nil, ['a', nil], { 'b' => "\xff" }]
    found = document { |report| odd.each_with_index { |value, at| resource(report, "/#{at}", event(previous_value: value)) } }
    old = JSON.parse(JSON.generate(found))['changes'].map { |change| change['old'] }
    expect(old).to eq(["\ufffd\ufffd", "caf\ufffd", 'ü', 'absent', '7', nil, '["a",null]', "{\"b\":\"\ufffd\"}"])
  end

  it 'is cut where it is long, and says so' do
    long = document { |report| resource(report, '/x', event(previous_value: 'x' * 5000)) }
    expect(long['changes'].first['old']).to eq("#{'x' * 1024}… (cut: it has 5000 characters)")
  end

  it 'stays below two megabytes, and counts what it leaves out' do
    many = document do |report|
      2000.times { |at| resource(report, "/#{at}", event(previous_value: 'x' * 2000)) }
      2000.times { log(report, :err, 'y' * 9000) }
    end
    expect(JSON.generate(many).bytesize).to be_between(600_000, 2_000_000)
    expect(many['changes'].length + many['changes_left_out']).to eq(2000)
    expect(many['logs'].length + many['logs_left_out']).to eq(2000)
    expect(many.values_at('changes_left_out', 'logs_left_out')).to all(be > 1000)
  end

  it 'has the role and the environment of the certificate, and none where there is none' do
    expect(document(role: 'tts_node', environment: 'prod')).to include('role' => 'tts_node', 'environment' => 'prod')
    expect(document).to include('role' => nil, 'environment' => nil)
  end
end

RSpec.describe PuppetX::Fleet::Record::Certificate do
  include Signed

  before(:context) do
    @folder = Dir.mktmpdir
    sign(@folder)
    File.write("#{@folder}/broken.pem", 'no certificate')
  end

  after(:context) { FileUtils.rm_rf(@folder) }

  def said(certname)
    certificate = described_class.new(@folder, certname)
    [certificate.role, certificate.environment]
  end

  it('is what the authority signed') { expect(said('tts1.example.org')).to eq(%w[tts_node prod]) }
  it('says nothing where there is none') { expect(said('tts2.example.org')).to eq([nil, nil]) }
  it('says nothing where it is none') { expect(said('broken')).to eq([nil, nil]) }
end

RSpec.describe PuppetX::Fleet::Record::Cohorts do
  include Deployed

  before do
    mine = { 'indextts2' => "revision: v24-beta\nmembers:\n  - tts1.example.org\n", 'broken' => 'tts1.example.org: [', 'list' => '[tts1.example.org]' }
    @environments = deploy(folder, Deployed::BEFORE => { 'indextts2' => "revision: v23\nmembers: [tts2.example.org]\n" }, Deployed::NOW => mine)
  end

  after { FileUtils.rm_rf(folder) }

  let(:folder) { Dir.mktmpdir }

  def said(certname, commit: Deployed::NOW, environment: 'production', path: @environments)
    described_class.new(path, environment, commit).of(certname)
  end

  it('is the revision of each rollout of a member') { expect(said('tts1.example.org')).to eq('indextts2' => 'v24-beta') }
  it('is empty for a node that is in none') { expect(said('tts2.example.org')).to eq({}) }
  it('is empty for a node whose name is a part of another') { expect(said('tts1.example')).to eq({}) }

  it 'is that of the code of the catalogue, whatever serves since' do
    expect([said('tts1.example.org', commit: Deployed::BEFORE), said('tts2.example.org', commit: Deployed::BEFORE)]).to eq([{}, { 'indextts2' => 'v23' }])
  end

  it 'is not known where that code is gone' do
    expect(said('tts1.example.org', commit: 'f' * 40)).to be_nil
    expect(said('tts1.example.org', environment: 'other')).to be_nil
  end

  it 'is not looked for where an agent leads' do
    expect(said('tts1.example.org', environment: '../environments/production')).to be_nil
    expect(said('tts1.example.org', commit: "*#{'f' * 39}")).to be_nil
    expect([said('tts1.example.org', commit: nil), said('tts1.example.org', environment: nil)]).to eq([nil, nil])
  end

  it 'is that of code that no deploy brought, as it is there' do
    FileUtils.rm(Dir["#{folder}/versions/production/*/.r10k-deploy.json"])
    expect(said('tts1.example.org', commit: 'f' * 40)).to eq('indextts2' => 'v24-beta')
    expect(said('tts1.example.org', commit: '1795858200')).to be_nil, 'a time, as Puppet gives it where nothing says the commit'
  end

  it 'keeps no report from the record' do
    File.write(Dir["#{folder}/versions/production/*/.r10k-deploy.json"].max, '{')
    expect(said('tts1.example.org')).to be_nil
  end

  it 'is found in one of several folders of environments' do
    expect(said('tts1.example.org', path: "#{folder}/none:#{@environments}")).to eq('indextts2' => 'v24-beta')
  end
end

RSpec.describe PuppetX::Fleet::Record::LineFile do
  let(:folder) { Dir.mktmpdir }
  let(:path) { "#{folder}/reports.jsonl" }

  after { FileUtils.rm_rf(folder) }

  it 'has every line whole, whoever writes beside it' do
    file = described_class.new(path)
    writers = Array.new(4) do |writer|
      fork do
        50.times { |at| file.append("#{writer} #{at} #{'x' * 100_000}") }
        exit!(0)
      end
    end
    writers.each { |pid| Process.wait(pid) }
    lines = File.readlines(path, chomp: true)
    expect(lines.map(&:length)).to all(be > 100_000)
    expect(lines.map { |line| line.split.first(2) }.uniq.length).to eq(200)
    expect(File.stat(path).mode & 0o777).to eq(0o640)
  end

  it 'goes on in a new file after a rotation' do
    file = described_class.new(path)
    file.append('one')
    File.rename(path, "#{path}.1")
    file.append('two')
    expect([File.read("#{path}.1"), File.read(path)]).to eq(%W[one\n two\n])
  end

  it 'leaves no half of a line where the disk is full' do
    described_class.new(path).append('whole')
    script = "require '#{REPOSITORY}/modules/record/lib/puppet_x/fleet/record/line_file'; trap('XFSZ', 'IGNORE')
      Process.setrlimit(:FSIZE, 4096); PuppetX::Fleet::Record::LineFile.new(ARGV[0]).append('x' * 8192)"
    said, status = Open3.capture2e(RbConfig.ruby, '-e', script, path)
    expect(status).not_to be_success
    expect(said).to match(/Errno::(ENOSPC|EFBIG)/)
    expect(File.read(path)).to eq("whole\n")
  end
end

# Each parameter of the classes away from its default, and what comes of it.
RSpec.describe 'profile::record', type: :class do
  let(:facts) { SYSTEMS.fetch('debian-13') }
  let(:node) { 'puppet.lab.test' }
  let(:pre_condition) { "class { 'record': #{{ 'endpoint' => "'https://elastic.example.org:9200'", **record }.map { |name, value| "#{name} => #{value}" }.join(', ')} }" }
  let(:record) { {} }

  def told
    JSON.parse(catalogue.resource('File', '/etc/fleet-record/endpoint.json')[:content])
  end

  it { is_expected.to compile.with_all_deps }

  it 'follows the reports and the log of the server' do
    followed = catalogue.resource('File', '/etc/fleet-record/inputs/puppetserver.conf')
    expect(followed[:content].scan(/file="([^"]+)" .*ruleset="ship"/).flatten.map { |path| File.basename(path) }).to eq(%w[reports.jsonl reports.jsonl.1 puppetserver.log])
    is_expected.to contain_file('/etc/fleet-record/inputs/puppetserver.conf').that_notifies('Service[fleet-record.service]')
    is_expected.to contain_file('/etc/systemd/system/fleet-record.service.d/puppetserver.conf').with_content(/^SupplementaryGroups=puppet$/)
    is_expected.to contain_file('/etc/logrotate.d/fleet-record').with_content(/^  rotate 14$/)
  end

  it 'tells nothing of how it asks but to its unit' do
    is_expected.to contain_file('/etc/fleet-record/endpoint.json').with(owner: 'root', mode: '0600')
    expect(catalogue.resource('File', '/etc/fleet-record/endpoint.json').sensitive_parameters).to eq([:content])
  end

  it 'brings every file of the program' do
    Dir["#{REPOSITORY}/modules/record/files/shipper/*.py"].each do |file|
      is_expected.to contain_file("/usr/local/lib/record/shipper/#{File.basename(file)}").with_content(File.read(file))
    end
  end

  it 'keeps root\'s rsyslog off a machine that had none, and leaves one that was there' do
    is_expected.to contain_exec('record: leave the journal to itself').with_onlyif(%r{\Atest ! -e /usr/sbin/rsyslogd &&}).that_comes_before('Package[rsyslog]')
  end

  {
    'user' => [{ 'user' => "'fleet'", 'password' => "Sensitive('hush')" }, -> { include('user' => 'fleet', 'password' => 'hush') }],
    'api_key' => [{ 'api_key' => "Sensitive('a2V5')" }, -> { include('api_key' => 'a2V5') }],
    'ca_file' => [{ 'ca_file' => "'/etc/ssl/elastic.pem'" }, -> { include('ca_file' => '/etc/ssl/elastic.pem') }],
    'manage_indices' => [{ 'manage_indices' => true }, -> { include('setup' => true) }],
    'retention_days' => [{ 'retention_days' => 7 }, -> { include('retention_days' => 7) }],
    'endpoint' => [{ 'endpoint' => "'http://10.77.0.1:9200'" }, -> { include('url' => 'http://10.77.0.1:9200') }],
  }.each do |name, (parameters, shown)|
    context "with record::#{name}" do
      let(:record) { parameters }

      it('tells the program') { expect(told).to instance_exec(&shown) }
    end
  end

  context 'with record::queue_size' do
    let(:record) { { 'queue_size' => "'5m'" } }

    it { is_expected.to contain_file('/etc/fleet-record/rsyslog.conf').with_content(/queue\.maxDiskSpace="5m"/) }
  end

  # tests/unit/record/test_shipping.py: what the shortest message takes
  { '5m' => 5 << 20, '1g' => 1 << 30, '200g' => 200 << 30 }.each do |size, bytes|
    context "with #{size} for what waits" do
      let(:record) { { 'queue_size' => "'#{size}'" } }

      it 'has the queue full by its bytes before it is by its messages' do
        config = catalogue.resource('File', '/etc/fleet-record/rsyslog.conf')[:content]
        expect(config[/queue\.size="(\d+)"/, 1].to_i * 256).to be_between(bytes - 256, bytes)
      end
    end
  end

  { "user => 'fleet'" => /record::password is not/,
    "user => 'fleet', password => Sensitive('x'), api_key => Sensitive('y')" => /record::api_key are both set/ }.each do |parameters, said|
    context "with #{parameters}" do
      let(:pre_condition) { "class { 'record': endpoint => 'https://elastic.example.org', #{parameters} }" }

      it { is_expected.to compile.and_raise_error(said) }
    end
  end

  context 'without an endpoint' do
    let(:pre_condition) { '' }

    it 'takes away what ships, and rotates the reports all the same' do
      is_expected.to compile.with_all_deps
      is_expected.not_to contain_package('rsyslog')
      is_expected.to contain_file('/etc/fleet-record').with_ensure('absent')
      is_expected.to contain_exec('record: stop the shipper').with_unless('test ! -e /etc/systemd/system/fleet-record.service')
      is_expected.to contain_file('/etc/logrotate.d/fleet-record')
    end
  end
end

RSpec.describe 'profile::journal', type: :class do
  let(:pre_condition) { "class { 'record': endpoint => 'https://elastic.example.org:9200' }" }
  let(:input) { catalogue.resource('File', '/etc/fleet-record/inputs/journal.conf')[:content] }
  let(:pattern) { Regexp.new(input[/re_match\(\$!UNIT, '(.*?)'\)/, 1]) }

  on_every_system do
    it { is_expected.to compile.with_all_deps }
    it { is_expected.to contain_file('/etc/systemd/system/fleet-record.service.d/journal.conf').with_content(/^SupplementaryGroups=systemd-journal$/) }
  end

  context 'with the units of the services' do
    let(:facts) { SYSTEMS.fetch('debian-12') }

    it 'ships those and no others' do
      expect(%w[indextts2-webui@0-blue.service indextts2-front.service releases@indextts2.service]).to all(match(pattern))
      expect(['ssh.service', 'indextts2-frontXservice', 'init.scope'].grep(pattern)).to eq([])
    end
  end

  context 'with other units' do
    let(:facts) { SYSTEMS.fetch('debian-12') }
    let(:pre_condition) { super() + "class { 'record::journal': units => ['puppet*'] }" }

    it { expect(%w[puppet.service ssh.service].grep(pattern)).to eq(%w[puppet.service]) }
  end
end

RSpec.describe 'record::reports', type: :class do
  let(:facts) { SYSTEMS.fetch('debian-13') }
  let(:params) { { 'days' => 3 } }

  it { is_expected.to contain_file('/etc/logrotate.d/fleet-record').with_content(/^  rotate 3$/) }
end
