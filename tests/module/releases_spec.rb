# frozen_string_literal: true

require 'spec_helper'

RSpec.describe 'releases', type: :class do
  package = Dir["#{REPOSITORY}/modules/releases/files/releases/*.py"].map { |file| File.basename(file) }

  on_every_system do
    it { is_expected.to compile.with_all_deps }

    it 'brings every file of the program, before the command that needs them' do
      package.each do |name|
        is_expected.to contain_file("/usr/local/lib/releases/releases/#{name}")
          .with_content(File.read("#{REPOSITORY}/modules/releases/files/releases/#{name}"))
          .that_comes_before('File[/usr/local/sbin/releases]')
      end
      is_expected.to contain_file('/usr/local/sbin/releases').with_mode('0755').with_content(/\A#!/)
    end

    it 'has them in the catalogue, since a file from the server costs a connection in each run' do
      sources = catalogue.resources.select { |one| one.type == 'File' && one[:source] }
      expect(sources.map(&:title)).to eq([])
    end

    it 'keeps a killed switch going, however long it takes' do
      is_expected.to contain_file('/etc/systemd/system/releases@.service')
        .with_content(/^Restart=on-abnormal$/)
        .with_content(/^TimeoutStartSec=infinity$/)
        .with_content(/^WantedBy=multi-user\.target$/)
    end
  end
end
