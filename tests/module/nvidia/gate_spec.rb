# frozen_string_literal: true

RSpec.describe 'nvidia::gate', type: :class do
  SYSTEMS.each do |system, told|
    context "on #{system}" do
      let(:facts) { told }

      it { is_expected.to compile.with_all_deps }

      it 'has systemd read the unit of the device nodes anew once its file is there: only systemd starts it' do
        is_expected.to contain_units__reread('nvidia-devices.service').that_requires('File[/etc/systemd/system/nvidia-devices.service]')
      end
    end
  end
end
