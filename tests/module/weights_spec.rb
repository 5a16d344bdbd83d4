# frozen_string_literal: true

require 'indextts2/catalogue'
require 'program'

RSpec.describe 'weights', type: :class do
  include_examples 'a program', 'weights'
end

RSpec.describe 'indextts2', type: :class do
  include Indextts2Catalogue

  let(:facts) { SYSTEMS.fetch('debian-12') }
  let(:params) { SERVED }
  let(:fetch) { catalogue.resource('Exec', "indextts2: weights #{WEIGHTS}") }

  it 'fetches weights as the account that builds, once their list is there, and before the service goes over to them' do
    expect(fetch[:user]).to eq('tts-build')
    expect(fetch[:command]).to eq(%w[/usr/local/sbin/weights indextts2 fetch IndexTTS-2-ddddddd])
    expect(fetch[:unless]).to eq([%w[/usr/local/sbin/weights indextts2 check IndexTTS-2-ddddddd]])
    is_expected.to contain_exec("indextts2: list of weights #{'e' * 64}").that_comes_before("Exec[indextts2: weights #{WEIGHTS}]")
    is_expected.to contain_class('indextts2::weights').that_requires('Class[weights]').that_comes_before('Class[indextts2::webui]')
  end

  it 'tells the program of every bundle that somebody locked, since an old one may be read again' do
    more = { 'IndexTTS-2.5' => BUNDLE.merge('revision' => 'f' * 40), 'none' => BUNDLE.reject { |name| name == 'files_sha256' } }
    told = compiled(SERVED.merge(weights: SERVED[:weights].merge(more))).resource('File', '/etc/weights/indextts2.json')[:content]
    expect(JSON.parse(told)).to eq(
      'cache_hub' => '/opt/indextts2/cache_hub', 'sources' => ['hub'], 'hub' => nil,
      's3' => { 'endpoint' => nil, 'region' => nil, 'credentials' => nil },
      'bundles' => { 'IndexTTS-2-ddddddd' => BUNDLE, 'IndexTTS-2.5-fffffff' => more['IndexTTS-2.5'] },
      'wanted' => 'IndexTTS-2-ddddddd',
      'units' => ['/etc/indextts2/deployments/*.service', '/etc/systemd/system/indextts2-webui@*.service']
    )
  end

  it 'tells the program which models of other repositories belong to a bundle' do
    models = { 'hf_cache/w2v' => { 'repository' => 'facebook/w2v', 'revision' => 'f' * 40, 'files' => ['config.json'] } }
    told = compiled(SERVED.merge(weights: { 'IndexTTS-2' => BUNDLE.merge('models' => models) })).resource('File', '/etc/weights/indextts2.json')[:content]
    expect(JSON.parse(told).dig('bundles', 'IndexTTS-2-ddddddd', 'models')).to eq(models)
  end

  %w[../../etc /etc a/../b .ssh a//b a/].each do |place|
    it "takes no model at #{place}, which is no path below its bundle" do
      models = { place => { 'repository' => 'facebook/w2v', 'revision' => 'f' * 40 } }
      expect { compiled(SERVED.merge(weights: { 'IndexTTS-2' => BUNDLE.merge('models' => models) })) }.to raise_error(/Indextts2::Place|Pattern/)
    end
  end

  { 'facebook/w2v' => true, 'spaces/IndexTeam/Demo' => true, 'datasets/IndexTeam/Demo' => false, 'spaces/a/b/c' => false, 'spaces//b' => false }
    .each do |repository, taken|
    it "#{taken ? 'takes' : 'takes no'} model of the repository #{repository}" do
      models = { 'demo' => { 'repository' => repository, 'revision' => 'f' * 40 } }
      compiling = expect { compiled(SERVED.merge(weights: { 'IndexTTS-2' => BUNDLE.merge('models' => models) })) }
      taken ? compiling.not_to(raise_error) : compiling.to(raise_error(/Indextts2::Repository|Pattern/))
    end
  end

  it 'leaves the service nothing of a bundle to write, and has it find there what it asks the client of the hub for' do
    unit = deployment(catalogue)[:content]
    expect(unit).to include(%(Environment="HF_HUB_CACHE=#{WEIGHTS}/hub"))
    expect(unit.scan(/^(?:ReadWrite|Bind)Paths=(.*)$/).flatten.grep(/#{WEIGHTS}|cache_hub$/)).to be_empty
    expect(catalogue.resource('File', '/etc/indextts2/owners')[:content].scan(/^(\S+) #{WEIGHTS}/).flatten).to eq(%w[tts-build])
    expect(catalogue.resources.map(&:title).grep(%r{\A#{WEIGHTS}/})).to be_empty
  end

  it 'says no cache of the hub to a release without weights' do
    expect(deployment(compiled(SERVED.merge(revision: 'v15', installer: 'pip')))[:content]).not_to include('HF_HUB_CACHE')
  end

  it 'has the service ask no hub, nor look which of two answers, when it starts' do
    is_expected.to a_unit_with('Environment="HF_HUB_OFFLINE=true"').and a_unit_with('Environment="USE_MODELSCOPE=false"')
  end

  it 'names a bundle in each unit that is started with it as the program looks for it, and in the place where it looks' do
    told = JSON.parse(catalogue.resource('File', '/etc/weights/indextts2.json')[:content])
    expect(deployment(catalogue)[:content]).to include("\"#{told['cache_hub']}/#{told['wanted']}\"")
    expect(File.fnmatch(told['units'].first, deployment(catalogue).title)).to be(true)
    INSTANCES.each { |unit| expect(File.fnmatch(told['units'].last, "/etc/systemd/system/#{unit}")).to be(true) }
  end

  it 'wants no bundle where the release names none' do
    told = compiled(SERVED.merge(revision: 'v15')).resource('File', '/etc/weights/indextts2.json')[:content]
    expect(JSON.parse(told)['wanted']).to be_nil
  end

  it 'tells releases which program keeps the weights' do
    expect(-> { catalogue }).to a_description_with('weights', '/usr/local/sbin/weights')
  end

  it 'reads all of them once a week, at a time of each node, when nobody else wants the disk' do
    is_expected.to contain_service('indextts2-weights.timer').with(ensure: 'running', enable: true)
    is_expected.to contain_file('/etc/systemd/system/indextts2-weights.timer')
      .with_content(/^OnCalendar=weekly$/).with_content(/^RandomizedDelaySec=6d$/).with_content(/^FixedRandomDelay=yes$/)
    is_expected.to contain_file('/etc/systemd/system/indextts2-weights.service')
      .with_content(/^User=tts-build$/).with_content(/^IOSchedulingClass=idle$/).with_content(/^CPUSchedulingPolicy=idle$/)
  end

  it 'takes the timer and what it was told away with the service' do
    gone = compiled({ ensure: 'absent' })
    %w[/etc/weights/indextts2.json /etc/systemd/system/indextts2-weights.timer].each do |path|
      expect(gone.resource('File', path)[:ensure].to_s).to eq('absent')
    end
    expect(gone.resource('Service', 'indextts2-weights.timer')[:enable].to_s).to eq('false')
  end
end
