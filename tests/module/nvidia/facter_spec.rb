# frozen_string_literal: true

require 'fileutils'
require 'json'
require 'open3'
require 'tmpdir'
require_relative '../../../modules/nvidia/lib/puppet_x/fleet/nvidia/machine'

# Through Facter itself, as a node asks it.
RSpec.describe 'the fact nvidia' do
  LIB = File.expand_path('../../../modules/nvidia/lib', __dir__)

  def facter(*folders)
    options = folders.flat_map { |folder| ['--custom-dir', "#{folder}/facter"] }
    Open3.capture3('facter', '--json', *options, 'nvidia')
  end

  it 'is found by its name and is what the reader says of this machine' do
    output, errors, = facter(LIB)
    expect([JSON.parse(output), errors]).to eq([{ 'nvidia' => PuppetX::Fleet::Nvidia::Machine.new.fact }, ''])
  end

  it 'warns of nothing on a server, which finds it among its modules and in the cache of its own agent' do
    Dir.mktmpdir do |cache|
      FileUtils.cp_r("#{LIB}/.", cache)
      output, errors, = facter(LIB, cache)
      expect([JSON.parse(output).keys, errors]).to eq([['nvidia'], ''])
    end
  end
end
