# frozen_string_literal: true

require 'indextts2/catalogue'

RSpec.describe 'indextts2', type: :class do
  include Indextts2Catalogue

  let(:facts) { SYSTEMS.fetch('debian-12').merge(CARDS) }
  let(:params) { SERVED }

  it 'reloads the front where it has not loaded what it should, and restarts it for nothing' do
    is_expected.to contain_exec('indextts2: reload the front').with(
      unless: [['/usr/bin/sha256sum', '--check', '--status', '/run/indextts2-front/loaded']]
    ).that_requires("Service[#{FRONT}]")
    is_expected.to contain_service(FRONT).that_requires("File[#{FRONT_CONFIG}]")
    expect(catalogue.resource('Exec', 'indextts2: reload the front')[:command].last).to start_with(
      "/bin/systemctl daemon-reload && /bin/systemctl reload #{FRONT} || "
    )
    expect(catalogue.resource('Service', FRONT)[:subscribe]).to be_nil
    is_expected.to contain_file(FRONT_CONFIG).with_validate_cmd(/haproxy -c .*%/)
  end

  it 'says who has a port of the front before it starts in vain' do
    is_expected.to a_description_with('front_ports', ['0.0.0.0:7860'])
    more = { address: '10.0.0.1', plain_port: 80, metrics_port: 8405 }
    expect(-> { compiled(SERVED.merge(CERTIFICATE, more)) }).to a_description_with('front_ports', %w[10.0.0.1:7860 10.0.0.1:80 127.0.0.1:8405])
    is_expected.to contain_exec('indextts2: ports of the front').with(
      command: %w[/usr/local/sbin/releases indextts2 ports], unless: [['/bin/systemctl', 'is-active', '--quiet', FRONT]]
    ).that_comes_before("Service[#{FRONT}]")
  end

  it 'lets nobody but the front read how it is guarded' do
    is_expected.to contain_file(FRONT_CONFIG).with(owner: 'root', group: 'indextts2-front', mode: '0640')
    is_expected.to contain_file('/etc/indextts2/front').with(owner: 'root', group: 'indextts2-front', mode: '0750')
  end

  it 'has what releases notes for it there before the configuration that names it, and leaves it alone from then on' do
    is_expected.to contain_file('/var/lib/releases/indextts2.map')
      .with(ensure: 'file', content: '', replace: false, owner: 'root', group: 'root', mode: '0644')
      .that_comes_before("File[#{FRONT_CONFIG}]").that_requires('File[/var/lib/releases]')
    is_expected.to contain_file('/var/lib/releases').with_mode('0711')
    is_expected.to a_description_with('notice', '/var/lib/releases/indextts2.map')
    is_expected.to a_front_with('http-response set-header X-Release %[srv_name,map(/var/lib/releases/indextts2.map)] if { srv_name,map(/var/lib/releases/indextts2.map) -m found }')
  end

  it 'clears its folder of what a killed run left there, which may be a key, and keeps no copy of it' do
    is_expected.to contain_file('/etc/indextts2/front').with(recurse: true, purge: true, force: true, backup: false)
  end

  it 'says no password hash in what it logs' do
    guarded = compiled(SERVED.merge(users: RSpec::Puppet::Sensitive.new('ann' => '$6$salt$hash')))
    expect(guarded.resource('File', FRONT_CONFIG).sensitive_parameters).to include(:content)
  end

  it 'takes away a key that nobody uses, and no copy of it, once the configuration does not name it' do
    is_expected.to contain_file(FRONT_PEM).with(ensure: 'absent', backup: false)
      .that_requires("File[#{FRONT_CONFIG}]").that_comes_before("Service[#{FRONT}]")
  end

  context 'with a certificate' do
    let(:params) { SERVED.merge(CERTIFICATE) }

    it 'has it there, for nobody but the front to read, before the configuration that names it' do
      is_expected.to contain_file(FRONT_PEM).with(
        ensure: 'file', owner: 'root', group: 'indextts2-front', mode: '0640', content: nil
      ).that_requires('Exec[indextts2: certificate of the front]').that_comes_before("File[#{FRONT_CONFIG}]")
    end
  end
end
