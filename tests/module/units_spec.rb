# frozen_string_literal: true

require 'tmpdir'

RSpec.describe 'units::reread', type: :define do
  let(:title) { 'some.service' }

  let(:facts) { SYSTEMS.fetch('debian-12') }

  it { is_expected.to compile.with_all_deps }

  # What systemd says of a unit => whether it is told to read all files anew.
  { 'yes' => true, 'no' => false, '' => false }.each do |said, told|
    it "#{told ? 'tells systemd' : 'leaves systemd alone'} where it says '#{said}'" do
      exec = catalogue.resource('Exec', 'have systemd read some.service anew')
      expect(exec[:command]).to eq('systemctl daemon-reload')
      Dir.mktmpdir do |folder|
        File.write("#{folder}/systemctl", <<~SH, perm: 0o755)
          #!/bin/sh
          [ "$*" = 'show --property=NeedDaemonReload some.service' ] && echo 'NeedDaemonReload=#{said}'
        SH
        expect(system({ 'PATH' => "#{folder}:#{ENV.fetch('PATH')}" }, exec[:onlyif])).to be(told)
      end
    end
  end
end
