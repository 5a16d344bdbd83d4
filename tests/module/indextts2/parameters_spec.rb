# frozen_string_literal: true

require 'puppet_code'
require 'indextts2/catalogue'

# What a text may hold that Puppet, ERB, systemd or a shell could take for their own.
AWKWARD = %q(it's "50%" of $HOME ${PATH} #{1+1} %h \n `id` 你好，世界) + "\nand a\ttab"
# Puppet's expression for it, because rspec-puppet cannot quote it: it comes in as a fact.
AWKWARD_FACT = RSpec::Puppet::RawString.new("getvar('facts.awkward')")
# The same text as systemd wants to read it; on a command line the `$` is doubled too.
AWKWARD_QUOTED = %q(it's \"50%%\" of $HOME ${PATH} #{1+1} %%h \\\\n `id` 你好，世界\nand a\ttab)

RSpec.describe 'indextts2', type: :class do
  include Indextts2Catalogue

  let(:facts) { SYSTEMS.fetch('debian-12').merge(CARDS).merge('awkward' => AWKWARD) }

  # Each parameter away from its default, and where that shows.
  away = {
    'packages' => [%w[jq], -> { contain_package('jq') }],
    'ensure' => ['absent', -> { contain_service(FRONT).with_ensure('stopped') }],
    'revision' => ['v24-beta', -> { a_release_like(%r{/v24-beta-bbbbbbb-\h{7}\z}) }],
    'releases' => [{ 'v23' => V23.merge('commit' => 'e' * 40) }, -> { a_release_like(%r{/v23-eeeeeee-\h{7}\z}) }],
    'weights' => [
      { 'IndexTTS-2' => BUNDLE.merge('revision' => 'f' * 40) },
      -> { a_start_with('--model_dir', '/opt/indextts2/cache_hub/IndexTTS-2-fffffff') },
    ],
    'weights_sources' => [
      %w[/mnt/nas https://mirror.example.org/weights hub],
      -> { contain_file('/etc/weights/indextts2.json').with_content(%r{"sources": \[\s+"/mnt/nas",\s+"https://mirror.example.org/weights",\s+"hub"\s+\]}) },
    ],
    'weights_s3_endpoint' => ['http://minio.example.org:9000', -> { a_bucket_with('endpoint' => 'http://minio.example.org:9000') }],
    'weights_s3_region' => ['eu-central-1', -> { a_bucket_with('region' => 'eu-central-1') }],
    'weights_s3_credentials' => [
      RSpec::Puppet::Sensitive.new('access_key_id' => 'AKIA', 'secret_access_key' => 's/e+c'),
      -> { contain_file('/etc/weights/indextts2.s3').with_content(sensitive("[default]\naws_access_key_id = AKIA\naws_secret_access_key = s/e+c\n")) },
      { weights_sources: %w[s3://weights/mirror] }
    ],
    'source' => [
      'git://git.example.org/tts.git',
      -> { an_exec_with("indextts2: fetch commit #{'a' * 40}", :command, 'git://git.example.org/tts.git') },
    ],
    'root' => ['/srv/tts', -> { a_release_like(%r{\A/srv/tts/releases/v23-aaaaaaa-\h{7}\z}) }],
    'address' => ['127.0.0.1', -> { a_front_with('bind 127.0.0.1:7860') }],
    'port' => [8000, -> { a_front_with('bind 0.0.0.0:8000') }],
    'allowed_networks' => [%w[10.0.0.0/8 fd00::1], -> { a_front_with('acl allowed src fd00::1') }],
    'users' => [
      RSpec::Puppet::Sensitive.new('ann' => '$6$salt$hash'),
      -> { satisfy('know ann') { |compiled| compiled.call.resource('File', FRONT_CONFIG)[:content].match?(/^ *user ann password \$6\$salt\$hash$/) } },
    ],
    'tls_certificate' => [
      '/etc/ssl/tts.pem', -> { a_front_with('bind 0.0.0.0:7860 ssl crt /etc/indextts2/front/tls.pem alpn h2,http/1.1 ssl-min-ver TLSv1.2') }, CERTIFICATE
    ],
    'tls_key' => ['/etc/ssl/other.key', -> { an_exec_with('indextts2: certificate of the front', :command, '/etc/ssl/other.key') }, CERTIFICATE],
    'plain_port' => [80, -> { a_front_with('bind 0.0.0.0:80') }, CERTIFICATE],
    'max_request_bytes' => [1000, -> { a_front_with('http-request deny deny_status 413 if { req.body_size gt 1000 }') }],
    'max_requests' => [50, -> { a_front_with('http-request deny deny_status 429 if { sc_http_req_rate(0) gt 50 }') }],
    'max_held' => [7, -> { contain_file(FRONT_CONFIG).with_content(/add\(txn\.joins\) gt 7 }/) }],
    'metrics_port' => [8405, -> { a_front_with('bind 127.0.0.1:8405') }],
    'handover' => ['overlap', -> { a_description_with('handover', 'overlap') }],
    'drain_timeout' => [10, -> { a_description_with('drain_timeout', 10) }],
    'retry_after' => [60, -> { a_description_with('retry_after', 60) }],
    'keep_releases' => [0, -> { a_description_with('keep_releases', 0) }],
    'restart_every' => [86_400, -> { contain_service('indextts2-restart.timer').with(ensure: 'running', enable: true) }],
    'smoke_text' => ['你好', -> { a_description_with('smoke', SMOKE) }],
    'smoke_voice' => ['/srv/a.wav', -> { a_description_with('smoke', SMOKE.merge('voice' => '/srv/a.wav')) }, { smoke_text: '你好' }],
    'smoke_timeout' => [5, -> { a_description_with('smoke', SMOKE.merge('timeout' => 5)) }, { smoke_text: '你好' }],
    'installer' => [
      'pip', -> { an_install_with('INSTALLER=pip') }, { revision: 'v24-beta' }
    ],
    'uv_version' => ['0.8.0', -> { an_install_with('UV_VERSION=0.8.0') }],
    'extras' => [%w[webui deepspeed], -> { an_install_with('EXTRAS=webui deepspeed') }],
    'index_url' => ['https://index.example.org/simple', -> { an_install_with('UV_DEFAULT_INDEX=https://index.example.org/simple') }],
    'torch_index_url' => ['https://index.example.org/cu128', -> { an_install_with('UV_INDEX=https://index.example.org/cu128') }],
    'python_source' => ['file:///mnt/nas/python', -> { an_install_with('UV_PYTHON_INSTALL_MIRROR=file:///mnt/nas/python') }],
    'build_environment' => [{ 'CC' => 'clang' }, -> { an_install_with('CC=clang') }],
    'install_timeout' => [60, -> { contain_exec("indextts2: Python environment of #{RELEASE}").with_timeout(60) }],
    'hf_endpoint' => ['https://hub.example.org', -> { a_unit_with('Environment="HF_ENDPOINT=https://hub.example.org"') }],
    'gpus' => [[1], -> { contain_file('/etc/indextts2/instances/1-blue.env').with_content("PORT=7863\nCUDA_DEVICE_ORDER=PCI_BUS_ID\nCUDA_VISIBLE_DEVICES=GPU-1\n") }],
    'gpu' => ['none', -> { a_unit_like(/^PrivateDevices=yes$/) }],
    'vram_budget' => [9000, -> { contain_releases__claim('indextts2 has memory of the card GPU-0').with_mib(9000) }],
    'ready_timeout' => [30, -> { a_unit_with('TimeoutStartSec=30') }],
    'environment' => [{ 'TEXT' => AWKWARD_FACT }, -> { a_unit_with("Environment=\"TEXT=#{AWKWARD_QUOTED}\"") }],
    'extra_args' => [['--text', AWKWARD_FACT], -> { a_start_with('--text', AWKWARD_QUOTED.gsub('$', '$$')) }],
    'extra_packages' => [%w[nvtop], -> { contain_package('nvtop') }],
    'gui_seg_tokens' => [100, -> { a_start_with('--gui_seg_tokens', '100') }],
    'model_version' => ['2.5', -> { a_start_with('--version', '2.5') }],
    'hf_hub_offline' => [false, -> { a_unit_with('Environment="HF_HUB_OFFLINE=false"') }],
    'use_modelscope' => [true, -> { a_unit_with('Environment="USE_MODELSCOPE=true"') }],
  }
  %w[verbose fp16 deepspeed cuda_kernel accel torch_compile qwen_emo].each do |flag|
    away[flag] = [true, -> { a_start_with("--#{flag}") }]
  end

  declared = PuppetCode.parameters("#{REPOSITORY}/modules/indextts2/manifests/init.pp")

  it 'has an example for every parameter' do
    expect(away.keys).to match_array(declared.keys)
  end

  it 'tries every parameter away from its default' do
    expect(away.keys.select { |name| away[name].first == declared[name] }).to be_empty
  end

  away.each do |name, (value, shown, others)|
    context "with #{name} away from its default" do
      let(:params) { SERVED.merge(others || {}).merge(name.to_sym => value) }

      it 'compiles, and shows it' do
        is_expected.to compile.with_all_deps
        is_expected.to instance_exec(&shown)
      end
    end
  end

  on_every_system do |_, facts|
    context 'with all that go together away from their defaults' do
      let(:facts) { facts.merge(CARDS).merge('awkward' => AWKWARD) }
      let(:params) { SERVED.merge(away.except('ensure', 'releases').to_h { |name, (value, _)| [name.to_sym, value] }) }

      it { is_expected.to compile.with_all_deps }
      it { is_expected.to as_on_debian_12(params) }
    end
  end
end
