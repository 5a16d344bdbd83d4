# frozen_string_literal: true

require 'spec_helper'

# A class that brings a program of a node: its package of Python, and the command of the same name.
RSpec.shared_examples 'a program' do |name|
  on_every_system do
    it { is_expected.to compile.with_all_deps }

    it 'brings every file of the program, before the command that needs them' do
      Dir["#{REPOSITORY}/modules/#{name}/files/#{name}/*.py"].each do |file|
        is_expected.to contain_file("/usr/local/lib/#{name}/#{name}/#{File.basename(file)}")
          .with_content(File.read(file))
          .that_comes_before("File[/usr/local/sbin/#{name}]")
      end
      is_expected.to contain_file("/usr/local/sbin/#{name}").with_mode('0755').with_content(/\A#!/)
    end

    it 'has them in the catalogue, since a file from the server costs a connection in each run' do
      sources = catalogue.resources.select { |one| one.type == 'File' && one[:source] }
      expect(sources.map(&:title)).to eq([])
    end
  end
end
