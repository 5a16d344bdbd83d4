# frozen_string_literal: true

require 'hiera/backend/eyaml/encryptors/pkcs7'
require 'json'
require 'once'
require 'rspec-puppet'
require 'yaml'

REPOSITORY = File.expand_path('../..', __dir__)

# The systems that the modules support: name to facts.
SYSTEMS = Dir["#{REPOSITORY}/tests/facts/*.json"].sort.to_h do |file|
  [File.basename(file, '.json'), JSON.parse(File.read(file)).reject { |key, _| key.start_with?('_') }]
end.freeze

# What Puppet logs while a catalogue is compiled; Puppet knows an array destination by this class's name.
module Puppet
  module Test
    class LogCollector
      def initialize(logs)
        @logs = logs
      end

      def <<(value)
        @logs << value
      end
    end
  end
end

# The node that every example is about: a certificate, and what it says of itself.
RSpec.shared_context 'with a certificate' do
  let(:node) { 'tts1.lab.test' }
  let(:trusted_facts) { { 'pp_role' => 'tts_node', 'pp_environment' => 'staging' } }
end

module EverySystem
  # Run the block's examples once on the facts of each system.
  #
  #   on_every_system { it { is_expected.to compile.with_all_deps } }
  def on_every_system(&examples)
    SYSTEMS.each do |name, facts|
      context "on #{name}" do
        let(:facts) { facts }

        class_exec(name, facts, &examples)
      end
    end
  end
end

# What an example may ask of more than the one catalogue that it is about.
module OtherCatalogues
  # @return the catalogue of the class that is described, with these parameters and facts
  def compiled(parameters, facts: self.facts)
    other = clone
    other.define_singleton_method(:params) { parameters }
    other.define_singleton_method(:facts) { facts }
    # in an environment of its own: Puppet loads a defined type into one only once
    adapter.setup_puppet(other)
    other.load_catalogue(:class)
  end
end

RSpec.configure do |config|
  config.extend EverySystem
  config.include OtherCatalogues, type: :class
  config.include_context 'with a certificate'
  config.disable_monkey_patching!
  config.fail_if_no_examples = true
  config.order = :random

  # the golden modules too, so that a second service can be tried beside the first
  config.module_path = Dir["#{REPOSITORY}/{modules,vendor_modules,tests/golden/*/modules}"].join(File::PATH_SEPARATOR)
  config.setup_fixtures = false
  config.hiera_config = "#{__dir__}/hiera.yaml"
  config.strict_variables = true

  config.before(:suite) { config.reporter.message("Puppet #{Puppet.version} on Ruby #{RUBY_VERSION}") }

  config.before do
    Puppet[:strict] = :error
    @logs = []
    Puppet::Util::Log.newdestination(Puppet::Test::LogCollector.new(@logs))
    # The key of the fleet's secrets is on its server only: what they stand for is of no interest here.
    allow(Hiera::Backend::Eyaml::Encryptors::Pkcs7).to receive(:decrypt).and_return('$secret$fleet')
  end

  config.after do
    warnings = @logs.select { |log| log.level == :warning }.map(&:to_s)
    # Of rspec-puppet's own making: it turns every catalogue into one for this machine, whatever system it is of.
    warnings.reject! { |text| text.start_with?('Found multiple default providers') }
    raise "Puppet warned: #{warnings.join("\n")}" unless warnings.empty?
  end
end
