# frozen_string_literal: true

require 'program'

RSpec.describe 'releases', type: :class do
  include_examples 'a program', 'releases'

  on_every_system do
    it 'lets the front and the node exporter read what is for them, and nobody list what is there' do
      is_expected.to contain_file('/var/lib/releases').with(ensure: 'directory', owner: 'root', mode: '0711')
    end

    it 'keeps a killed switch going, however long it takes' do
      is_expected.to contain_file('/etc/systemd/system/releases@.service')
        .with_content(/^Restart=on-abnormal$/)
        .with_content(/^TimeoutStartSec=infinity$/)
        .with_content(/^WantedBy=multi-user\.target$/)
    end
  end
end
