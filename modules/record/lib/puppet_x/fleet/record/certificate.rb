# frozen_string_literal: true

require 'openssl'
require 'puppet/ssl/certificate'
require 'puppet/ssl/oids'

module PuppetX
  module Fleet
    module Record
      # What the certificate of a node says of it, by the copy that the authority on this server keeps.
      class Certificate
        # @param folder [String] where the authority keeps what it has signed; on another compile server it is not there
        # @param certname [String]
        def initialize(folder, certname)
          @path = File.join(folder, "#{File.basename(certname)}.pem")
        end

        # @return [String, nil]
        def role
          extensions['pp_role']
        end

        # @return [String, nil]
        def environment
          extensions['pp_environment']
        end

        private

        def extensions
          @extensions ||= read
        end

        def read
          # Without it, Puppet takes its own extensions for nobody's.
          Puppet::SSL::Oids.register_puppet_oids
          certificate = OpenSSL::X509::Certificate.new(File.binread(@path))
          found = Puppet::SSL::Certificate.from_instance(certificate).custom_extensions
          found.to_h { |extension| [extension['oid'], extension['value']] }
        rescue SystemCallError, OpenSSL::OpenSSLError
          {}
        end
      end
    end
  end
end
