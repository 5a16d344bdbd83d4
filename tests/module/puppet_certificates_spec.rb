# frozen_string_literal: true

require 'facter'
require 'openssl'
require 'tmpdir'

RSpec.describe 'the fact puppet_certificates' do
  # @return the PEM of a certificate that ends at this time
  def certificate(ends)
    key = OpenSSL::PKey::EC.generate('prime256v1')
    made = OpenSSL::X509::Certificate.new
    made.subject = made.issuer = OpenSSL::X509::Name.parse('/CN=any')
    made.public_key = key
    made.not_before = Time.at(0)
    made.not_after = Time.at(ends)
    made.sign(key, OpenSSL::Digest.new('SHA256')).to_pem
  end

  # @return the fact, where these texts are in the node's certificate and its authority's
  def fact(node, authority, watch = nil)
    Dir.mktmpdir do |folder|
      File.write("#{folder}/watch.hostcert", watch) if watch
      { hostcert: node, localcacert: authority }.each do |setting, text|
        File.write("#{folder}/#{setting}", text) if text
        allow(Puppet).to receive(:[]).with(setting).and_return("#{folder}/#{setting}")
      end
      Facter.clear
      Facter.search("#{REPOSITORY}/modules/profile/lib/facter")
      Facter.value(:puppet_certificates)
    end
  end

  after { Facter.reset }

  it 'says when each ends, and of a chain the first end' do
    expect(fact(certificate(2_000_000_000), certificate(3_000_000_000) + certificate(2_500_000_000)))
      .to eq('node' => 2_000_000_000, 'ca' => 2_500_000_000)
  end

  it 'says when that of the watch ends, where there is one beside the node\'s' do
    expect(fact(certificate(2_000_000_000), nil, certificate(1_900_000_000))).to eq('node' => 2_000_000_000, 'watch' => 1_900_000_000)
  end

  it 'says nothing of what is not there or is no certificate' do
    expect(fact(nil, certificate(2_000_000_000))).to eq('ca' => 2_000_000_000)
    expect(fact("-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----", nil)).to eq({})
  end
end
