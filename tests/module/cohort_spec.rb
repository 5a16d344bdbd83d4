# frozen_string_literal: true

require 'fileutils'
require 'tmpdir'

# The layer of cohorts as the repository's own hiera.yaml has it, over data of these examples.
RSpec.describe 'tts1.lab.test', type: :host do
  let(:facts) { SYSTEMS.fetch('debian-12') }
  let(:pre_condition) { File.read("#{REPOSITORY}/manifests/site.pp") }
  let(:folder) { Dir.mktmpdir }
  let(:hiera_config) { "#{folder}/hiera.yaml" }
  let(:service) { 'indextts2' }
  let(:rollout) { "revision: v2.5.0\nmembers: [tts1.lab.test]\n" }

  # A folder for each example: rspec-puppet keeps a catalogue by the name of its hiera.yaml, whatever the data is.
  before do
    text = File.read("#{REPOSITORY}/hiera.yaml")
    File.write("#{folder}/hiera.yaml", text.sub('datadir: hieradata', "datadir: #{folder}/hieradata"))
    FileUtils.cp_r("#{REPOSITORY}/hieradata", folder)
    write("cohorts/#{service}.yaml", rollout)
    write('roles/tts_node.yaml', "indextts2::revision: v2.0.0\n")
  end

  after { FileUtils.rm_rf(folder) }

  def write(name, text)
    path = "#{folder}/hieradata/#{name}"
    FileUtils.mkdir_p(File.dirname(path))
    File.write(path, text)
  end

  it 'gets the revision of the rollout that it is a member of' do
    is_expected.to contain_class('indextts2').with_revision('v2.5.0')
  end

  it 'keeps the revision of its own file' do
    write('nodes/tts1.lab.test.yaml', "indextts2::revision: v2.0.0\n")
    is_expected.to contain_class('indextts2').with_revision('v2.0.0')
  end

  context 'when the members are others' do
    let(:rollout) { "revision: v2.5.0\nmembers: [tts2.lab.test, '%{trusted.certname}']\n" }

    it { is_expected.to contain_class('indextts2').with_revision('v2.0.0') }
  end

  context 'when the rollout was taken back' do
    let(:rollout) { "revision: v2.5.0\nmembers: []\ntaken_back: [tts1.lab.test]\n" }

    it { is_expected.to contain_class('indextts2').with_revision('v2.0.0') }
  end

  {
    'no YAML' => ["revision: [v2\n", 'it is no YAML'],
    'a list' => ["- v2\n", 'it is no mapping'],
    'a mapping without members' => ["revision: v2.5.0\n", 'its members are no list of certnames'],
    'a mapping without a revision' => ["members: [tts1.lab.test]\n", 'its revision is no text'],
  }.each do |shape, (text, complaint)|
    context "when the file is #{shape}" do
      let(:rollout) { text }

      it 'does not compile, and one line says which file, and what to do' do
        said = %r{#{folder}/hieradata/cohorts/indextts2.yaml is no rollout: #{complaint}.*take the file out}
        is_expected.to compile.and_raise_error(said)
      end
    end

    context "when the file of another service is #{shape}" do
      let(:rollout) { text }
      let(:service) { 'whisper' }

      it { is_expected.to contain_class('indextts2').with_revision('v2.0.0') }
    end
  end
end
