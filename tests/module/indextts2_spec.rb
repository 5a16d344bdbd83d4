# frozen_string_literal: true

require 'puppet_code'

FRONT = 'indextts2-front.service'
FRONT_CONFIG = '/etc/indextts2/haproxy.cfg'
INSTANCES = %w[indextts2-webui@0-blue.service indextts2-webui@0-green.service].freeze
V23 = { 'commit' => 'a' * 40, 'install' => 'lock', 'lock_sha256' => '1' * 64, 'python' => '3.11', 'weights' => 'IndexTTS-2' }.freeze
V24 = V23.merge('commit' => 'b' * 40, 'install' => 'project').freeze
V15 = { 'commit' => 'c' * 40, 'install' => 'requirements', 'python' => '3.12', 'flags' => %w[--host --port] }.freeze
BUNDLE = { 'repository' => 'IndexTeam/IndexTTS-2', 'revision' => 'd' * 40 }.freeze
SERVED = {
  revision: 'v23',
  releases: { 'v23' => V23, 'v24-beta' => V24, 'v15' => V15 },
  weights: { 'IndexTTS-2' => BUNDLE },
}.freeze
RELEASE = '/opt/indextts2/releases/v23-aaaaaaa'
WEIGHTS = '/opt/indextts2/cache_hub/IndexTTS-2-ddddddd'

# What a text may hold that Puppet, ERB, systemd or a shell could take for their own.
AWKWARD = %q(it's "50%" of $HOME ${PATH} #{1+1} %h \n `id` 你好，世界) + "\nand a\ttab"
# Puppet's expression for it, because rspec-puppet cannot quote it: it comes in as a fact.
AWKWARD_FACT = RSpec::Puppet::RawString.new("getvar('facts.awkward')")
# The same text as systemd wants to read it; on a command line the `$` is doubled too.
AWKWARD_QUOTED = %q(it's \"50%%\" of $HOME ${PATH} #{1+1} %%h \\\\n `id` 你好，世界\nand a\ttab)

RSpec.describe 'indextts2', type: :class do
  # @return the file of the one deployment that a catalogue has
  def deployment(catalogue)
    found = catalogue.resources.select { |resource| resource.title.to_s.start_with?('/etc/indextts2/deployments/') }
    expect(found.size).to eq(1)
    found.first
  end

  # @return a matcher: the unit of the instances has a line like this
  def a_unit_like(pattern)
    satisfy("have a unit like #{pattern}") { |compiled| deployment(compiled.call)[:content].match?(pattern) }
  end

  # @return a matcher: the unit of the instances has this line
  def a_unit_with(line)
    a_unit_like(/^#{Regexp.escape(line)}$/)
  end

  # @return a matcher: the web UI is started with these arguments, side by side
  def a_start_with(*arguments)
    words = arguments.map { |argument| "\"#{argument}\"" }.join(' ')
    a_unit_like(/^ExecStart=\S+ webui\.py .*#{Regexp.escape(words)}( |$)/)
  end

  # @return a matcher: the front's configuration has this line
  def a_front_with(line)
    contain_file(FRONT_CONFIG).with_content(/^ *#{Regexp.escape(line)}$/)
  end

  # @return a matcher: the program releases is told this
  def a_description_with(name, value)
    satisfy("tell releases #{name}") { |compiled| JSON.parse(compiled.call.resource('File', '/etc/releases/indextts2.json')[:content])[name] == value }
  end

  # @return a matcher: this exec has this among the words of a parameter
  def an_exec_with(title, parameter, word)
    satisfy("run #{title} with #{word}") { |compiled| compiled.call.resource('Exec', title)[parameter].include?(word) }
  end

  # @return a matcher: the Python environment is built with this variable
  def an_install_with(variable, release = RELEASE)
    an_exec_with("indextts2: Python environment of #{release}", :environment, variable)
  end

  # Each parameter away from its default, and where that shows.
  away = {
    'packages' => [%w[jq], -> { contain_package('jq') }],
    'ensure' => ['absent', -> { contain_service(FRONT).with_ensure('stopped') }],
    'revision' => ['v24-beta', -> { contain_vcsrepo('/opt/indextts2/releases/v24-beta-bbbbbbb').with_revision('b' * 40) }],
    'releases' => [{ 'v23' => V23.merge('commit' => 'e' * 40) }, -> { contain_vcsrepo('/opt/indextts2/releases/v23-eeeeeee') }],
    'weights' => [
      { 'IndexTTS-2' => BUNDLE.merge('revision' => 'f' * 40) },
      -> { a_start_with('--model_dir', '/opt/indextts2/cache_hub/IndexTTS-2-fffffff') },
    ],
    'source' => [
      'git://git.example.org/tts.git',
      -> { an_exec_with("indextts2: fetch commit #{'a' * 40}", :command, 'git://git.example.org/tts.git') },
    ],
    'root' => ['/srv/tts', -> { contain_vcsrepo('/srv/tts/releases/v23-aaaaaaa').with_source('/srv/tts/source.git') }],
    'address' => ['127.0.0.1', -> { a_front_with('bind 127.0.0.1:7860') }],
    'port' => [8000, -> { a_front_with('bind 0.0.0.0:8000') }],
    'handover' => ['overlap', -> { a_description_with('handover', 'overlap') }],
    'drain_timeout' => [10, -> { a_description_with('drain_timeout', 10) }],
    'retry_after' => [60, -> { a_description_with('retry_after', 60) }],
    'keep_releases' => [0, -> { a_description_with('keep_releases', 0) }],
    'installer' => [
      'pip', -> { an_install_with('INSTALLER=pip', '/opt/indextts2/releases/v24-beta-bbbbbbb') }, { revision: 'v24-beta' }
    ],
    'uv_version' => ['0.8.0', -> { an_install_with('UV_VERSION=0.8.0') }],
    'extras' => [%w[webui deepspeed], -> { an_install_with('EXTRAS=webui deepspeed') }],
    'index_url' => ['https://index.example.org/simple', -> { an_install_with('UV_DEFAULT_INDEX=https://index.example.org/simple') }],
    'build_environment' => [{ 'CC' => 'clang' }, -> { an_install_with('CC=clang') }],
    'install_timeout' => [60, -> { contain_exec("indextts2: Python environment of #{RELEASE}").with_timeout(60) }],
    'hf_endpoint' => ['https://hub.example.org', -> { a_unit_with('Environment="HF_ENDPOINT=https://hub.example.org"') }],
    'ready_timeout' => [30, -> { a_unit_with('TimeoutStartSec=30') }],
    'environment' => [{ 'TEXT' => AWKWARD_FACT }, -> { a_unit_with("Environment=\"TEXT=#{AWKWARD_QUOTED}\"") }],
    'extra_args' => [['--text', AWKWARD_FACT], -> { a_start_with('--text', AWKWARD_QUOTED.gsub('$', '$$')) }],
    'extra_packages' => [%w[nvtop], -> { contain_package('nvtop') }],
    'gui_seg_tokens' => [100, -> { a_start_with('--gui_seg_tokens', '100') }],
    'model_version' => ['2.5', -> { a_start_with('--version', '2.5') }],
    'cuda_visible_devices' => ['1', -> { a_unit_with('Environment="CUDA_VISIBLE_DEVICES=1"') }],
    'hf_hub_offline' => [true, -> { a_unit_with('Environment="HF_HUB_OFFLINE=true"') }],
    'use_modelscope' => [false, -> { a_unit_with('Environment="USE_MODELSCOPE=false"') }],
  }
  %w[verbose fp16 deepspeed cuda_kernel accel torch_compile qwen_emo].each do |flag|
    away[flag] = [true, -> { a_start_with("--#{flag}") }]
  end

  # What makes the compile fail, and what the sentence has to name: the key, the value and the cure.
  refused = {
    'a relative root' => [{ root: 'opt/tts' }, /indextts2::root is 'opt\/tts'.*\/opt\/indextts2/],
    'a port below 1' => [{ port: 0 }, /indextts2::port is 0.*from 1 to 65533/],
    'a port of 99999' => [{ port: 99_999 }, /indextts2::port is 99999.*from 1 to 65533/],
    'no revision' => [{ revision: :undef }, /indextts2::revision is not set.*v15, v23, v24-beta/],
    'a revision that is no name' => [{ revision: '../v23' }, %r{indextts2::revision is '\.\./v23'.*use letters}],
    'a revision without a pin' => [{ revision: 'v99' }, /indextts2::revision is 'v99'.*pins: v15, v23, v24-beta.*'fleet pin indextts2 TAG' pins/],
    'a branch' => [{ revision: 'main' }, /indextts2::revision is 'main'(?!.*fleet pin indextts2 main).*a branch is never a revision/],
    'a short commit' => [
      { releases: { 'v23' => V23.merge('commit' => 'aaaaaaa') } },
      /indextts2::releases: v23 is pinned to the commit 'aaaaaaa'.*40 hex digits.*'fleet pin indextts2 v23 --repin'/,
    ],
    'a pin with an unknown key' => [
      { releases: { 'v23' => V23.merge('comit' => 'x') } }, /indextts2::releases: the pin of v23 is .*correct it in hieradata\/catalogue\/indextts2\.yaml/
    ],
    'a pin without an install method' => [
      { releases: { 'v23' => V23.reject { |key, _| key == 'install' } } }, /indextts2::releases: the pin of v23 is .*install/
    ],
    'a lock without its digest' => [
      { releases: { 'v23' => V23.reject { |key, _| key == 'lock_sha256' } } }, /v23 is installed from its lock, but lock_sha256 is missing.*uv\.lock/
    ],
    'a lock that pip cannot read' => [{ installer: 'pip' }, /indextts2::installer is 'pip', but v23.*set indextts2::installer to uv/],
    'weights that nobody has' => [{ weights: {} }, /v23 names the weights 'IndexTTS-2', which indextts2::weights does not have.*catalogue/],
    'a text that no unit can hold' => [{ cuda_visible_devices: "\u0001" }, /has a control character.*take it out/],
    'a flag that the release does not know' => [
      { revision: 'v15', fp16: true }, /--fp16 set, but the release v15 knows no such flag.*--host --port.*v15/
    ],
  }

  context 'with what its code says of itself' do
    declared = PuppetCode.parameters("#{REPOSITORY}/modules/indextts2/manifests/init.pp")

    it 'has an example for every parameter' do
      expect(away.keys).to match_array(declared.keys)
    end

    it 'tries every parameter away from its default' do
      expect(away.keys.select { |name| away[name].first == declared[name] }).to be_empty
    end

    context 'when it is refused' do
      let(:facts) { SYSTEMS.fetch('debian-12') }

      it 'reaches every fail()' do
        reached = refused.values.flat_map do |parameters, _|
          # two catalogues of one environment would define the module's defined type twice
          Puppet.lookup(:current_environment).loaders = nil
          load_catalogue(:class, false, params: SERVED.merge(parameters))
          []
        rescue Puppet::Error => e
          e.message.scan(/file: ([^,]+), line: (\d+)/).map { |place| place.join(':') }
        end
        expect(PuppetCode.failures("#{REPOSITORY}/modules/indextts2") - reached).to eq([])
      end
    end
  end

  on_every_system do |_, facts|
    let(:facts) { facts.merge('awkward' => AWKWARD) }

    away.each do |name, (value, shown, others)|
      context "with #{name} away from its default" do
        let(:params) { SERVED.merge(others || {}).merge(name.to_sym => value) }

        it 'compiles, and shows it' do
          is_expected.to compile.with_all_deps
          is_expected.to instance_exec(&shown)
        end
      end
    end

    refused.each do |what, (parameters, sentence)|
      it "refuses #{what}" do
        expect { load_catalogue(:class, false, params: SERVED.merge(parameters)) }.to raise_error(Puppet::Error, sentence)
      end
    end

    context 'with a release' do
      let(:params) { SERVED }

      it 'goes from packages to the web UI, in this order' do
        %w[packages account folders release weights front webui].each_cons(2) do |first, second|
          is_expected.to contain_class("indextts2::#{first}").that_comes_before("Class[indextts2::#{second}]")
        end
        %w[releases releases::haproxy].each { |tool| is_expected.to contain_class(tool).that_comes_before('Class[indextts2::front]') }
      end

      it 'runs and builds as two accounts that nobody can log in to' do
        %w[tts-user tts-build].each do |account|
          is_expected.to contain_user(account).with(system: true, shell: '/usr/sbin/nologin', password: '!', gid: account)
        end
      end

      it 'checks out the full commit from the mirror on the node' do
        is_expected.to contain_vcsrepo(RELEASE).with(
          source: '/opt/indextts2/source.git', revision: 'a' * 40, user: 'tts-build', depth: nil
        )
      end

      it 'runs nothing as root that comes from the release' do
        execs = catalogue.resources.select { |resource| resource.type == 'Exec' && resource[:command].to_s.include?(RELEASE) }
        expect(execs.reject { |exec| exec[:user] == 'tts-build' }.map(&:title)).to all(match(/restore owners/))
      end

      it 'guards every exec' do
        execs = catalogue.resources.select { |resource| resource.type == 'Exec' }
        expect(execs.reject { |exec| exec[:unless] || exec[:onlyif] }.map(&:title)).to be_empty
      end

      it 'switches to what is not what it serves, once all of it is there' do
        identifier = File.basename(deployment(catalogue).title, '.service')
        expect(identifier).to match(/\Av23-aaaaaaa\.\h{8}\z/)
        expect(deployment(catalogue)[:content]).to start_with("# deployment #{identifier}\n")
        releases = ['/usr/local/sbin/releases', 'indextts2']
        is_expected.to contain_exec("indextts2: serve #{identifier}").with(
          command: [*releases, 'activate', identifier], unless: [[*releases, 'active', identifier]]
        ).that_requires("File[#{deployment(catalogue).title}]").that_requires('File[/etc/indextts2/instances/0-green.env]')
      end

      it 'reloads the front for its configuration, and restarts it for nothing' do
        service = catalogue.resource('Service', FRONT)
        expect(service[:restart]).to eq("/bin/systemctl reload #{FRONT}")
        expect(service[:subscribe].to_s).to eq("File[#{FRONT_CONFIG}]")
        is_expected.to contain_file(FRONT_CONFIG).with_validate_cmd(/haproxy -c .*%/)
      end

      it 'gives each instance a port of its own on loopback' do
        is_expected.to contain_file('/etc/indextts2/instances/0-blue.env').with_content("PORT=7861\n")
        is_expected.to contain_file('/etc/indextts2/instances/0-green.env').with_content("PORT=7862\n")
        is_expected.to a_unit_like(%r{^ExecStart=\S+ webui\.py --host 127\.0\.0\.1 --port \$\{PORT\} })
      end

      it 'never deletes anything' do
        expect(catalogue.resources.select { |resource| resource[:ensure].to_s == 'absent' }).to be_empty
        purged = catalogue.resources.select { |resource| resource[:purge] }.map(&:title)
        expect(purged.reject { |title| title.start_with?('/usr/local/lib/releases') }).to be_empty # a program's own modules
      end
    end

    it 'makes another deployment of another Python environment' do
      others = [SERVED, SERVED.merge(uv_version: '0.8.0')].map { |parameters| deployment(load_catalogue(:class, false, params: parameters)).title }
      expect(others.uniq.size).to eq(2)
    end

    { 'v23' => V23, 'v24-beta' => V24, 'v15' => V15 }.each do |revision, pin|
      it "installs #{revision} by the method #{pin['install']}" do
        compiled = load_catalogue(:class, false, params: SERVED.merge(revision: revision))
        install = compiled.resource('Exec', "indextts2: Python environment of /opt/indextts2/releases/#{revision}-#{pin['commit'][0, 7]}")
        expect(install[:environment]).to include("METHOD=#{pin['install']}", "PYTHON=#{pin['python']}", "LOCK_SHA256=#{pin['lock_sha256']}")
      end
    end

    context 'when it is absent' do
      let(:params) { { ensure: 'absent' } }

      it { is_expected.to compile.with_all_deps }
      [FRONT, *INSTANCES].each do |unit|
        it { is_expected.to contain_service(unit).with_ensure('stopped').that_comes_before("File[/etc/systemd/system/#{unit}]") }
      end

      it { is_expected.to contain_service('releases@indextts2.service').with_enable(false) }

      %w[source.git releases state build].each do |folder|
        it { is_expected.to contain_file("/opt/indextts2/#{folder}").with(ensure: 'absent', force: true) }
      end

      %w[tts-user tts-build].each do |account|
        it { is_expected.to contain_user(account).with_ensure('absent') }
      end

      it 'leaves cache_hub and what holds it alone' do
        touched = catalogue.resources.select { |resource| resource.type == 'File' }.map(&:title)
        expect(touched.grep(%r{\A/opt/indextts2(/cache_hub.*)?\z})).to be_empty
      end
    end
  end
end

# Only init is the module's face.
(Dir["#{REPOSITORY}/modules/indextts2/manifests/*.pp"].map { |file| File.basename(file, '.pp') } - %w[init]).each do |name|
  RSpec.describe "indextts2::#{name}", type: :class do
    let(:facts) { SYSTEMS.fetch('debian-12') }

    it { is_expected.to compile.and_raise_error(/indextts2::#{name}.*is private/i) }
  end
end
