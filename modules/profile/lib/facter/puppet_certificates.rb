# frozen_string_literal: true

# When this node's certificate ends, and that of its authority, in seconds since 1970: what the fleet's exporter tells.
Facter.add(:puppet_certificates) do
  setcode do
    require 'openssl'
    require 'puppet'

    files = { 'node' => Puppet[:hostcert], 'ca' => Puppet[:localcacert] }
    ends = files.transform_values do |file|
      # of an authority and the one above it, which ends first
      File.read(file).scan(/-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/m).map do |text|
        OpenSSL::X509::Certificate.new(text).not_after.to_i
      end.min
    rescue SystemCallError, OpenSSL::X509::CertificateError
      nil
    end
    ends.compact
  end
end
