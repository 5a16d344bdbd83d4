# frozen_string_literal: true

require 'json'
require 'puppet'
require 'puppet/reports'
require_relative '../../puppet_x/fleet/record/certificate'
require_relative '../../puppet_x/fleet/record/cohorts'
require_relative '../../puppet_x/fleet/record/document'
require_relative '../../puppet_x/fleet/record/line_file'

Puppet::Reports.register_report(:fleet_record) do
  desc 'Write each report as one line of JSON to reports.jsonl in the folder of the server\'s log, without what is
    Sensitive and without diffs.'

  # What goes wrong here is told in the server's log, and keeps no other processor from the report.
  def process
    signed = PuppetX::Fleet::Record::Certificate.new(Puppet[:signeddir], host)
    cohort = PuppetX::Fleet::Record::Cohorts.new(Puppet[:environmentpath], environment, configuration_version).of(host)
    document = PuppetX::Fleet::Record::Document.new(self, role: signed.role, environment: signed.environment, cohort: cohort)
    PuppetX::Fleet::Record::LineFile.new(File.join(Puppet[:logdir], 'reports.jsonl')).append(JSON.generate(document.to_h))
  rescue StandardError => e
    Puppet.log_exception(e, "fleet_record: the report #{transaction_uuid} of #{host} is not in the record: #{e.message}")
  end
end
