# frozen_string_literal: true

require 'indextts2/catalogue'

RSpec.describe 'indextts2', type: :class do
  include Indextts2Catalogue

  let(:facts) { SYSTEMS.fetch('debian-12') }
  let(:params) { SERVED }
  let(:tables) { "indextts2: fill indextts/utils/tagger_cache of #{RELEASE}" }
  let(:examples) { "indextts2: fill examples of #{RELEASE}" }

  on_every_system do
    it 'fills both folders, each behind a look at it, as the account that builds and with what it builds' do
      built = catalogue.resource('Exec', "indextts2: make checkout #{RELEASE}")
      {
        tables => ['indextts/utils/tagger_cache', 'python', 'from indextts.utils.front import TextNormalizer; TextNormalizer().load()'],
        examples => ['examples', 'weights', "#{WEIGHTS}/demo/examples"],
      }.each do |title, how|
        is_expected.to contain_exec(title).with(
          command: ['/usr/local/lib/indextts2/fill', 'make', RELEASE, *how],
          unless: [['/bin/sh', '/usr/local/lib/indextts2/fill', 'check', RELEASE, *how]],
          user: 'tts-build', cwd: '/', timeout: 1800, environment: built[:environment]
        ).that_requires('File[/usr/local/lib/indextts2/fill]')
      end
      expect(built[:environment]).to include('HOME=/opt/indextts2/build')
    end
  end

  it 'fills them of an environment and weights that are there, and before the service is switched' do
    [tables, examples].each do |title|
      is_expected.to contain_exec(title)
        .that_requires("Exec[indextts2: Python environment of #{RELEASE}]")
        .that_requires("Exec[indextts2: weights #{WEIGHTS}]")
        .that_comes_before(catalogue.resources.find { |one| one.title.start_with?('indextts2: serve ') }.ref)
    end
  end

  it 'has a release without weights take nothing of them' do
    filled = compiled(SERVED.merge(revision: 'v15', installer: 'pip')).resources.map(&:title).grep(/: fill /)
    expect(filled).to contain_exactly(%r{fill indextts/utils/tagger_cache of })
  end

  it 'lets the service write neither, and gives them no folder in its state' do
    paths = deployment(catalogue)[:content].scan(/^(?:ReadWrite|Bind)Paths=(.*)$/).flatten
    expect(paths.grep(/tagger_cache|examples/)).to be_empty
    expect(catalogue.resources.select { |one| one.type == 'File' }.map(&:title).grep(/tagger_cache|examples/)).to be_empty
    expect(catalogue.resource('File', '/etc/indextts2/owners')[:content]).to match(/^tts-build #{RELEASE}$/)
  end

  it 'takes what is in them for no change of the checkout' do
    is_expected.to contain_file('/etc/indextts2/gitignore').with_content(
      %w[.venv examples indextts/utils/tagger_cache outputs outputs/presets prompts].map { |folder| "/#{folder}/\n" }.join
    )
  end
end
