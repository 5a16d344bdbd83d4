# frozen_string_literal: true

require 'fileutils'
require 'json'
require 'open3'
require 'tmpdir'
require_relative '../../../modules/releases/lib/puppet_x/fleet/releases/record'

RSpec.describe 'the fact releases' do
  SERVING = 'v23-a8e891e-e4b14c4'
  WANTED = 'v24-beta-21e5e4e-fcc025d'
  COMMIT = 'a8e891e5e83bb866929ad90a5e05cc36c15a792d'

  around do |example|
    Dir.mktmpdir do |folder|
      @root = folder
      example.run
    end
  end

  def put(path, content)
    file = File.join(@root, path)
    FileUtils.mkdir_p(File.dirname(file))
    File.binwrite(file, content.is_a?(String) ? content : JSON.generate(content))
  end

  def describe_service(name = 'indextts2', **changes)
    put("etc/releases/#{name}.json", { 'wanted_release' => WANTED, 'releases_dir' => '/opt/it/releases' }.merge(changes.transform_keys(&:to_s)))
  end

  def remember(**changes)
    serving = { 'id' => "#{SERVING}.456090cd", 'since' => 1_795_811_126.95, 'slot' => 'green', 'stamps' => nil }
    state = { 'version' => 1, 'cards' => { '0' => serving }, 'failed' => [], 'wanted' => nil }
    put('var/lib/releases/indextts2.json', state.merge(changes.transform_keys(&:to_s)))
  end

  def failing(identifier, reason = "it\ndid not answer")
    { 'id' => identifier, 'stamps' => nil, 'reason' => reason, 'log' => ['…'], 'at' => 1_795_811_200, 'by' => 'activate' }
  end

  def fact
    PuppetX::Fleet::Releases::Record.new(root: @root).fact
  end

  it 'is empty where no service is described' do
    expect(fact).to eq({})
    FileUtils.mkdir_p(File.join(@root, 'etc/releases'))
    put('etc/releases/indextts2.json.new', '{')
    expect(fact).to eq({})
  end

  it 'says what is wanted where nothing serves yet' do
    describe_service
    expect(fact).to eq('indextts2' => { 'wanted' => WANTED, 'cards' => {}, 'failed' => nil })
  end

  it 'says what serves on each card, its commit and since when' do
    describe_service
    remember
    put("opt/it/releases/#{SERVING}/.git/HEAD", "#{COMMIT}\n")
    serving = { 'release' => SERVING, 'commit' => COMMIT, 'since' => '2026-11-27T20:25:26Z' }
    expect(fact).to eq('indextts2' => { 'wanted' => WANTED, 'cards' => { '0' => serving }, 'failed' => nil })
  end

  it 'knows no commit of a checkout that is away or on a branch' do
    describe_service
    remember
    expect(fact['indextts2']['cards']['0']['commit']).to be_nil
    put("opt/it/releases/#{SERVING}/.git/HEAD", "ref: refs/heads/main\n")
    expect(fact['indextts2']['cards']['0']['commit']).to be_nil
  end

  it 'says why what is wanted does not serve, in one line, and nothing of what else once failed' do
    describe_service
    remember(failed: [failing("#{WANTED}.00000001", 'older'), failing("#{WANTED}.00000002"), failing("#{SERVING}.00000003")])
    expect(fact['indextts2']['failed']).to eq('release' => WANTED, 'reason' => 'it did not answer', 'at' => '2026-11-27T20:26:40Z')
    remember(failed: [failing("#{SERVING}.00000003")])
    expect(fact['indextts2']['failed']).to be_nil
  end

  it 'keeps a long reason short' do
    describe_service
    remember(failed: [failing("#{WANTED}.00000001", 'x' * 5000)])
    expect(fact['indextts2']['failed']['reason'].length).to eq(300)
  end

  it 'is the trouble of a service, and of no other, where its files are unusable' do
    describe_service('other')
    put('etc/releases/indextts2.json', '{')
    expect(fact).to include('other' => include('wanted' => WANTED),
                            'indextts2' => { 'trouble' => '/etc/releases/indextts2.json: it is no JSON' })
  end

  {
    'garbage' => "\xff\xfe\x00",
    'a list' => '[]',
    'a deep nest' => '[' * 5000,
    'too much' => "{\"version\": 1#{' ' * (1 << 20)}}",
    'another version' => '{"version": 2}',
    'cards that are none' => '{"version": 1, "cards": []}',
    'a card that is none' => '{"version": 1, "cards": {"\ud800": {"id": "a.0", "since": 1}}}',
    'an id that leads elsewhere' => '{"version": 1, "cards": {"0": {"id": "../../etc/x.0", "since": 1}}}',
    'no time' => '{"version": 1, "cards": {"0": {"id": "a.0", "since": 1e300}}}',
    'failures that are none' => '{"version": 1, "cards": {}, "failed": 7}',
    'a failure that is none' => '{"version": 1, "cards": {}, "failed": [7]}',
  }.each do |name, text|
    it "is one line of trouble where the state is #{name}" do
      describe_service
      put('var/lib/releases/indextts2.json', text)
      expect(fact['indextts2'].keys).to eq(['trouble'])
      expect(JSON.generate(fact)).not_to include('\n')
      expect(fact['indextts2']['trouble'].length).to be <= 300
    end
  end

  it 'waits for no pipe and takes no folder' do
    describe_service
    FileUtils.mkdir_p(File.join(@root, 'var/lib/releases'))
    File.mkfifo(File.join(@root, 'var/lib/releases/indextts2.json'))
    expect(fact['indextts2']).to eq('trouble' => '/var/lib/releases/indextts2.json: it is no file')
    FileUtils.rm(File.join(@root, 'var/lib/releases/indextts2.json'))
    FileUtils.ln_s('nowhere', File.join(@root, 'var/lib/releases/indextts2.json'))
    expect(fact['indextts2']).to eq('trouble' => '/var/lib/releases/indextts2.json: No such file or directory')
  end

  it 'is found by its name through Facter itself, in a server that has it twice too' do
    lib = File.expand_path('../../../modules/releases/lib', __dir__)
    Dir.mktmpdir do |cache|
      FileUtils.cp_r("#{lib}/.", cache)
      output, errors, = Open3.capture3('facter', '--json', '--custom-dir', "#{lib}/facter", '--custom-dir', "#{cache}/facter", 'releases')
      own = PuppetX::Fleet::Releases::Record.new.fact
      expect([JSON.parse(output)['releases'], errors]).to eq([own, ''])
    end
  end
end
