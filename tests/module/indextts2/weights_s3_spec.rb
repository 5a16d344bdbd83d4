# frozen_string_literal: true

require 'indextts2/catalogue'

RSpec.describe 'indextts2', type: :class do
  include Indextts2Catalogue

  let(:facts) { SYSTEMS.fetch('debian-12').merge(CARDS) }
  let(:params) { SERVED.merge(weights_sources: %w[/mnt/nas s3://weights/mirror], weights_s3_credentials: key) }
  let(:key) { RSpec::Puppet::Sensitive.new('access_key_id' => 'AKIA', 'secret_access_key' => secret, 'session_token' => 'to/ken==') }
  let(:secret) { 'nobody/knows+it' }
  let(:file) { '/etc/weights/indextts2.s3' }
  let(:uses) { ['Exec[indextts2: weights /opt/indextts2/cache_hub/IndexTTS-2-ddddddd]', 'Service[indextts2-weights.timer]'] }

  it 'hands the key to the account that fetches, alone, before that does' do
    is_expected.to contain_file(file).with(
      ensure: 'file', owner: 'tts-build', group: 'tts-build', mode: '0400', show_diff: false, backup: false
    ).that_comes_before(uses)
    text = "[default]\naws_access_key_id = AKIA\naws_secret_access_key = nobody/knows+it\naws_session_token = to/ken==\n"
    is_expected.to contain_file(file).with_content(sensitive(text))
    is_expected.to a_bucket_with('credentials' => file)
  end

  it 'has no word of the key in what is not secret' do
    holders = catalogue.resources.select { |resource| resource.to_hash.values.any? { |value| value.inspect.include?(secret) } }
    expect(holders.map(&:ref)).to contain_exactly('Class[Indextts2]', "File[#{file}]")
    expect(catalogue.resource('File', file).sensitive_parameters).to eq([:content])
    expect(catalogue.resource('Class', 'Indextts2').sensitive_parameters).to eq([:weights_s3_credentials])
  end

  it 'has the client that signs, before anything is fetched' do
    is_expected.to contain_package('python3-botocore').that_comes_before(uses.first)
  end

  context 'without a key' do
    let(:key) { :undef }

    it 'asks as the machine that it is' do
      is_expected.to contain_package('python3-botocore')
      is_expected.to contain_file(file).with(ensure: 'absent', backup: false)
      is_expected.to a_bucket_with('credentials' => nil)
    end
  end

  context 'without a source that is a bucket' do
    let(:params) { super().merge(weights_sources: %w[hub]) }

    it 'has neither the client, nor a key that nobody uses' do
      is_expected.not_to contain_package('python3-botocore')
      is_expected.to contain_file(file).with(ensure: 'absent', backup: false)
      is_expected.to a_bucket_with('credentials' => nil)
    end
  end

  context 'when it is absent' do
    let(:params) { super().merge(ensure: 'absent') }

    it { is_expected.to contain_file(file).with(ensure: 'absent', backup: false) }
    it { is_expected.not_to contain_package('python3-botocore') }
  end

  %w[s3://weights s3://weights/ s3://we.ights/a/b+c].each do |source|
    context "with the source #{source}" do
      let(:params) { super().merge(weights_sources: [source]) }

      it { is_expected.to compile.with_all_deps }
    end
  end

  %w[s3:// s3://ab s3:///weights s3://key@weights S3://weights].each do |source|
    context "with the source #{source}" do
      let(:params) { super().merge(weights_sources: [source]) }

      it { is_expected.to compile.and_raise_error(/weights_sources/) }
    end
  end

  context 'with what stands for the key where nobody can decrypt it' do
    let(:secret) { '$secret$c5f60820a66e' }

    it { is_expected.to compile.with_all_deps }
  end

  context 'with a key that would be two lines' do
    let(:secret) { "a\nb" }

    it { is_expected.to compile.and_raise_error(/weights_s3_credentials/) }
  end
end
