# frozen_string_literal: true

require 'services/catalogue'

# Only what its definition says that indextts2's does not: the pattern itself is tried there.
RSpec.describe 'stable_diffusion', type: :class do
  include ServiceCatalogue

  let(:facts) { SYSTEMS.fetch('debian-12').merge('nvidia' => { 'gpus' => [ServiceCatalogue::CARD] }) }
  let(:params) { ServiceCatalogue::RELEASE.transform_keys(&:to_sym) }
  let(:unit_text) { unit(catalogue, 'stable_diffusion') }

  it { is_expected.to compile.with_all_deps }

  it 'is started with its flags, none of them of weights' do
    expect(unit_text).to match(%r{^ExecStart=\S+/\.venv/bin/python main\.py --listen 127\.0\.0\.1 --port \$\{PORT\} "--verbose" "INFO" })
    expect(unit_text).not_to include('model_dir')
    expect(unit_text).to include('http://127.0.0.1:${PORT}/system_stats;')
  end

  it 'writes beside its checkout, each instance its own temporary files' do
    root = '/opt/stable_diffusion'
    checkout = catalogue.resources.find { |one| one.type == 'Vcsrepo' }.title
    %w[input output user].each { |folder| expect(unit_text).to include("BindPaths=#{root}/state/#{folder}:#{checkout}/#{folder}\n") }
    expect(unit_text).to include("BindPaths=#{root}/state/temp/%i:#{checkout}/temp\n")
  end

  it 'has its models linked into its checkout' do
    checkout = catalogue.resources.find { |one| one.type == 'Vcsrepo' }.title
    is_expected.to contain_exec("stable_diffusion: fill models of #{checkout}")
      .with_command(['/usr/local/lib/stable_diffusion/fill', 'make', checkout, 'models', 'weights', '/opt/stable_diffusion/cache_hub/model-ddddddd'])
  end

  it 'tells releases where jobs wait that the front does not see' do
    expect(told(catalogue, 'stable_diffusion')).to include(
      'backends' => %w[tasks results pages], 'entrance' => 'tasks', 'idle_backends' => ['heartbeats'],
      'queue' => { 'page' => '/prompt', 'count' => 'exec_info.queue_remaining' }, 'smoke' => nil
    )
  end

  context 'with a workflow that a release has to do' do
    let(:params) { super().merge(smoke_file: '/srv/smoke.json') }

    it 'tells releases how it is asked for' do
      expect(told(catalogue, 'stable_diffusion')['smoke']).to eq(
        'path' => '/prompt', 'file' => '/srv/smoke.json', 'timeout' => 120, 'answer' => '*.status.completed', 'event' => 'prompt_id',
        'results' => '/history/'
      )
    end

    it 'holds requests for as long as that may take, too' do
      start = told(catalogue, 'stable_diffusion')['wait_timeout'] + 600
      is_expected.to contain_file('/etc/stable_diffusion/front/haproxy.cfg').with_content(/^ +retries #{300 + 2 * start + 60 + 120}$/)
    end
  end
end
