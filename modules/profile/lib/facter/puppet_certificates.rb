# frozen_string_literal: true

# When this node's certificate ends, that of its authority, and on the Puppet server that of the watch
# (profile::watch_certificate), in seconds since 1970: what the fleet's exporter tells.
Facter.add(:puppet_certificates) do
  setcode do
    require 'openssl'
    require 'puppet'

    own = Puppet[:hostcert]
    files = { 'node' => own, 'ca' => Puppet[:localcacert], 'watch' => File.join(File.dirname(own), "watch.#{File.basename(own)}") }
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
