# frozen_string_literal: true

require 'nvidia/node'
require 'puppet_code'

RSpec.describe 'nvidia', type: :class do
  include NvidiaNode

  # What makes the compile fail, and what the sentence has to name: the key, the value and the cure.
  refused = {
    'the driver of a system that has none' => ['rocky-9', { driver: 'distribution' }, {}, /nvidia::driver is 'distribution', but Rocky 9 .*set nvidia::driver to nvidia or unmanaged/],
    'a repository that nobody can be sure of' => ['debian-13', { driver: 'nvidia' }, {}, /nvidia::repository_key is not set.*fingerprint 02182E60104FCDC26EAE1B8597A5D4CB8793F200/],
    'a branch of what has one only' => ['debian-12', { branch: '580' }, {}, /nvidia::branch is '580', but Debian 12 .*leave it out/],
    'a version of another branch' => ['ubuntu-24.04', { branch: '570', version: '580.95.05' }, {}, /nvidia::version is '580\.95\.05'.*'570' \(nvidia::branch\): leave one/],
    'an older branch' => ['ubuntu-24.04', { branch: '570' }, { installed: '580.95.05' }, /nvidia::branch is '570', but the node has 580\.95\.05.*set nvidia::branch to 580, or nvidia::allow_downgrade/],
    'an older version' => ['debian-12', { version: '535.161.08' }, { installed: '535.261.03' }, /nvidia::version is '535\.161\.08', but .*set nvidia::version to 535\.261\.03/],
    'packages whose names changed' => ['ubuntu-22.04', NVIDIAS.merge(branch: '615'), {}, /nvidia::branch is '615', but from 590 on.*set nvidia::driver to distribution/],
    'open modules for a card that they do not drive' => [
      'ubuntu-24.04', {}, { gpus: [CARD, CARD.merge('name' => 'Tesla V100', 'compute_capability' => '7.0')] },
      /nvidia::kernel_modules is 'open', but Tesla V100 is older than Turing: set nvidia::kernel_modules to proprietary/,
    ],
  }

  let(:facts) { NvidiaNode.facts('debian-12') }

  it 'reaches every fail()' do
    reached = refused.values.flat_map do |system, parameters, told, _|
      on(system, parameters, **told)
      []
    rescue Puppet::Error => e
      e.message.scan(/file: ([^,]+), line: (\d+)/).map { |place| place.join(':') }
    end
    expect(PuppetCode.failures("#{REPOSITORY}/modules/nvidia") - reached).to eq([])
  end

  refused.each do |what, (system, parameters, told, sentence)|
    it "refuses #{what}" do
      expect { on(system, parameters, **told) }.to raise_error(Puppet::Error, sentence)
    end
  end

  {
    'a newer version' => ['debian-12', { version: '535.261.03' }, { installed: '535.161.08' }],
    'a version with a longer number' => ['ubuntu-24.04', { version: '580.126.09' }, { installed: '580.95.05' }],
    'the same version' => ['debian-12', { version: '535.261.03' }, { installed: '535.261.03' }],
    'a newer branch that nobody named' => ['rocky-9', NVIDIAS, { installed: '615.71.09' }],
    'an older branch that is allowed' => ['ubuntu-24.04', { branch: '570', allow_downgrade: true }, { installed: '580.95.05' }],
    'proprietary modules for an old card' => ['ubuntu-24.04', { kernel_modules: 'proprietary' }, { gpus: [CARD.merge('compute_capability' => '6.1')] }],
    'proprietary modules for an old card, where the node has them' => [
      'ubuntu-24.04', {}, { installed: '580.95.05', kernel_modules: 'proprietary', gpus: [CARD.merge('compute_capability' => '6.1')] }
    ],
    'a card that does not say what it is yet' => ['ubuntu-24.04', {}, { gpus: [CARD.merge('compute_capability' => nil)] }],
  }.each do |what, (system, parameters, told)|
    it "takes #{what}" do
      expect { on(system, parameters, **told) }.not_to raise_error
    end
  end

  { reboot: 'now', branch: '580-server', version: 'latest', repository_key: 'mQIN', repository_key_fingerprint: '3BF863CC', repository: 'nvidia' }.each do |name, value|
    it "takes no #{name} that is '#{value}'" do
      expect { on('debian-12', NVIDIAS.merge(name => value)) }.to raise_error(Puppet::Error, /parameter '#{name}' expects/)
    end
  end
end
