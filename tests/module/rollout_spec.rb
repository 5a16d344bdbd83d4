# frozen_string_literal: true

require 'fileutils'
require 'tmpdir'

RSpec.describe 'releases::rollout', type: :puppet_function do
  around do |example|
    Dir.mktmpdir do |folder|
      FileUtils.mkdir_p(["#{folder}/modules", "#{folder}/hieradata/cohorts"])
      FileUtils.ln_s("#{REPOSITORY}/modules/releases", "#{folder}/modules/releases")
      @folder = folder
      # of an example's own, rspec-puppet takes none
      usual = RSpec.configuration.module_path
      RSpec.configuration.module_path = "#{folder}/modules"
      example.run
    ensure
      RSpec.configuration.module_path = usual
    end
  end

  def rollout(text)
    File.write("#{@folder}/hieradata/cohorts/indextts2.yaml", text)
  end

  file = <<~YAML
    ---
    # Written by fleet canary, which goes on with it: docs/CANARY.md.
    revision: v24-beta
    state: running
    steps: [10, 50]
    step: 10
    since: '2026-11-28T09:30:00Z'
    interval: 30m
    salt: abc
    members: [tts1.lab.test]
  YAML
  said = { 'revision' => 'v24-beta', 'members' => %w[tts1.lab.test], 'step' => 10, 'traffic' => 10 }

  it 'says who has the revision, and of which share of the requests' do
    rollout(file)
    is_expected.to run.with_params('indextts2').and_return(said)
  end

  it 'says the share that is other than the step' do
    rollout("#{file}traffic: 3\n")
    is_expected.to run.with_params('indextts2').and_return(said.merge('traffic' => 3))
  end

  it 'takes a time without quotes, too' do
    rollout(file.sub("'2026-11-28T09:30:00Z'", '2026-11-28T09:30:00Z'))
    is_expected.to run.with_params('indextts2').and_return(said)
  end

  it 'says nothing where none is under way' do
    is_expected.to run.with_params('indextts2').and_return(nil)
  end

  it 'says that nobody is a member of one that was aborted' do
    rollout(file.sub('[tts1.lab.test]', '[]'))
    is_expected.to run.with_params('indextts2').and_return(said.merge('members' => []))
  end

  {
    "- a\n" => /indextts2\.yaml is no rollout: it is no mapping/,
    '' => /it is no mapping/,
    'a: [' => /indextts2\.yaml is no rollout: it is no YAML/,
    file.sub(/^revision.*\n/, '') => /its revision is no text/,
    file.sub(/^members.*\n/, '') => /its members are no list/,
    file.sub('members: [tts1.lab.test]', 'members: [1]') => /its members are no list/,
    file.sub('step: 10', 'step: 0') => /its step is no percent/,
    "#{file}traffic: 101\n" => /its traffic is no percent.*git log/
  }.each do |text, why|
    it "refuses #{text.lines.last.inspect}" do
      rollout(text)
      is_expected.to run.with_params('indextts2').and_raise_error(Puppet::Error, why)
    end
  end
end
