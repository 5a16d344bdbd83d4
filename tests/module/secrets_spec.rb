# frozen_string_literal: true

require 'fileutils'
require 'open3'
require 'tmpdir'

HASH = '$6$eF0e3mkd$thisIsNobodysPassword./'

# The layer of secrets as the repository's own hiera.yaml has it, but with keys and data of these examples.
RSpec.describe 'tts1.lab.test', type: :host do
  let(:facts) { SYSTEMS.fetch('debian-12') }
  let(:pre_condition) { File.read("#{REPOSITORY}/manifests/site.pp") }
  let(:hiera_config) { "#{@folder}/#{keys}/hiera.yaml" }
  let(:keys) { 'good' }

  # Run eyaml with the keys in a folder.
  # @return what it prints
  def eyaml(keys, *command, input: '')
    paths = %w[private public].map { |kind| "--pkcs7-#{kind}-key=#{keys}/#{kind}_key.pkcs7.pem" }
    output, status = Open3.capture2e('eyaml', *command, *paths, stdin_data: input)
    raise output unless status.success?

    output
  end

  before(:context) do
    @folder = Dir.mktmpdir
    %w[good other].each { |name| eyaml("#{@folder}/#{name}", 'createkeys') }
    # A whole other pair is not always told: what it decrypts to is noise, and once in a while no error.
    FileUtils.cp("#{@folder}/good/public_key.pkcs7.pem", "#{@folder}/other")
    FileUtils.mkdir("#{@folder}/no")
    %w[good other no].each do |name|
      text = File.read("#{REPOSITORY}/hiera.yaml").gsub('/etc/puppet/eyaml/', "#{@folder}/#{name}/")
      File.write("#{@folder}/#{name}/hiera.yaml", text.sub('datadir: hieradata', "datadir: #{@folder}/hieradata"))
    end
    FileUtils.cp_r("#{REPOSITORY}/hieradata", @folder)
    FileUtils.mkdir_p("#{@folder}/hieradata/secrets")
    encrypted, key, secret = ["#{HASH}\n", 'AKIA', 'a/secret+key'].map do |text|
      eyaml("#{@folder}/good", 'encrypt', '--stdin', '--output=string', input: text)
    end
    File.write("#{@folder}/hieradata/secrets/staging.yaml", "---\nindextts2::users:\n  alice: #{encrypted}")
    bucket = "indextts2::weights_s3_credentials:\n  access_key_id: #{key}  secret_access_key: #{secret}"
    File.write("#{@folder}/hieradata/secrets/bucket.yaml", "---\nindextts2::revision: v2.5.0\n#{bucket}")
  end

  after(:context) { FileUtils.rm_rf(@folder) }

  before { allow(Hiera::Backend::Eyaml::Encryptors::Pkcs7).to receive(:decrypt).and_call_original }

  it 'gets the secrets of its environment, as such' do
    is_expected.to contain_class('indextts2').with_users(sensitive('alice' => HASH))
    front = catalogue.resource('File', '/etc/indextts2/front/haproxy.cfg')
    expect(front[:content]).to include("user alice password #{HASH}")
    expect(front.sensitive_parameters).to eq([:content])
  end

  context 'when it is of another environment' do
    let(:trusted_facts) { super().merge('pp_environment' => 'prod') }

    it { is_expected.to contain_class('indextts2').without_users }
  end

  context 'when its environment has a key of S3' do
    let(:trusted_facts) { super().merge('pp_environment' => 'bucket') }

    it { is_expected.to contain_class('indextts2').with_weights_s3_credentials(sensitive('access_key_id' => 'AKIA', 'secret_access_key' => 'a/secret+key')) }
  end

  context 'when the server has another key' do
    let(:keys) { 'other' }

    it { is_expected.to compile.and_raise_error(%r{decrypting .* when looking up indextts2::users in .*/secrets/staging\.yaml\. Error was }) }
  end

  context 'when the server has no key' do
    let(:keys) { 'no' }

    it { is_expected.to compile.and_raise_error(%r{indextts2::users in .*Error was .*/no/private_key\.pkcs7\.pem}) }

    context 'and needs no secret' do
      let(:trusted_facts) { super().merge('pp_environment' => 'prod') }

      it { is_expected.to compile.with_all_deps }
    end
  end
end
