# frozen_string_literal: true

require 'indextts2/catalogue'

RSpec.describe 'indextts2', type: :class do
  include Indextts2Catalogue

  let(:facts) { SYSTEMS.fetch('debian-12').merge(CARDS) }
  let(:params) { SERVED }

  it 'switches to what is not what it serves, once all of it is there' do
    identifier = File.basename(deployment(catalogue).title, '.service')
    expect(identifier).to match(/\Av23-aaaaaaa-\h{7}\.\h{8}\z/)
    expect(deployment(catalogue)[:content]).to start_with("# deployment #{identifier}\n")
    releases = ['/usr/local/sbin/releases', 'indextts2']
    is_expected.to contain_exec("indextts2: serve #{identifier}").with(
      command: [*releases, 'activate', identifier], unless: [[*releases, 'active', identifier]]
    ).that_requires("File[#{deployment(catalogue).title}]").that_requires('File[/etc/indextts2/instances/0-green.env]')
  end

  it 'makes another deployment of another Python environment, and of other ports' do
    others = [{}, { extras: ['more'] }, { port: 8000 }].map { |change| deployment(compiled(SERVED.merge(change))).title }
    expect(others.uniq.size).to eq(3)
  end

  it 'builds nothing anew under what runs for another tool that builds' do
    others = [{}, { uv_version: '0.8.0' }].map { |change| deployment(compiled(SERVED.merge(change))).title }
    expect(others.uniq.size).to eq(1)
  end

  it 'gives a switch the time of its smoke request, too' do
    spoken = compiled(SERVED.merge(smoke_text: '你好', smoke_timeout: 5))
    expect(spoken.resource('File', FRONT_CONFIG)[:content]).to match(/^ *retries 1745$/)
    serve = spoken.resources.find { |resource| resource.title.start_with?('indextts2: serve ') }
    expect(serve[:timeout]).to eq(2 * 1745)
  end

  it 'gives each instance a port of its own on loopback' do
    is_expected.to contain_file('/etc/indextts2/instances/0-blue.env').with_content(/^PORT=7861$/)
    is_expected.to contain_file('/etc/indextts2/instances/0-green.env').with_content(/^PORT=7862$/)
    is_expected.to a_unit_like(%r{^ExecStart=\S+ webui\.py --host 127\.0\.0\.1 --port \$\{PORT\} })
  end

  it 'gives each instance its own folder for what it names by time, and shares the rest' do
    is_expected.to a_unit_with("BindPaths=/opt/indextts2/state/outputs/%i:#{RELEASE}/outputs")
    is_expected.to a_unit_with("BindPaths=/opt/indextts2/state/outputs/presets:#{RELEASE}/outputs/presets")
    %w[0-blue 0-green 0-green/presets presets].each do |folder|
      is_expected.to contain_file("/opt/indextts2/state/outputs/#{folder}").with(ensure: 'directory', owner: 'tts-user')
    end
  end

  { 'tts1.lab.test' => 75_491, 'tts2.lab.test' => 73_461 }.each do |name, seconds|
    context "with #{name} started anew every day" do
      let(:node) { name }
      let(:params) { SERVED.merge(restart_every: 86_400) }

      it 'has a span of its own, the same at each compile and none much shorter' do
        is_expected.to contain_file('/etc/systemd/system/indextts2-restart.timer').with_content(/^OnActiveSec=#{seconds}$/)
        expect(seconds).to be_between(64_800, 86_400)
      end
    end
  end
end
