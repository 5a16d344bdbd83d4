# frozen_string_literal: true

require 'puppetdb_answer'

RSpec.describe 'gateway::service', type: :define do
  let(:title) { 'indextts2' }
  let(:node) { 'gw1.lab.test' }
  let(:trusted_facts) { { 'pp_role' => 'tts_gateway', 'pp_environment' => 'staging' } }
  let(:params) { { port: 7860 } }
  let(:facts) { SYSTEMS.fetch('debian-12') }
  let(:nodes) { { 'tts2.lab.test' => {}, 'tts1.lab.test' => {} } }
  let(:pre_condition) { PuppetdbAnswer.with(nodes) }
  let(:config) { '/etc/gateway/indextts2/haproxy.cfg' }

  def text
    content = catalogue.resource('File', config)[:content]
    content.respond_to?(:unwrap) ? content.unwrap : content
  end

  # @return the servers of a backend, as its lines have them
  def servers(backend)
    text[/^backend #{backend}\n(.*?)(?=^\S|\z)/m, 1].scan(/^    server (.*)$/).flatten
  end

  def weights
    servers('new').to_h { |line| line.match(/\A(\S+) .* weight (\d+) /).captures }.transform_values(&:to_i)
  end

  on_every_system do
    it { is_expected.to compile.with_all_deps }

    it 'runs HAProxy with a configuration that it was asked about' do
      is_expected.to contain_package('haproxy')
      is_expected.to contain_file(config).with(owner: 'root', group: 'indextts2-gateway', mode: '0640', validate_cmd: /haproxy -c .*%/)
      is_expected.to contain_service('indextts2-gateway.service').with(ensure: 'running', enable: true).that_requires("File[#{config}]")
    end
  end

  it 'has the nodes in the order of their names, so that a second run changes nothing' do
    expect(servers('kept').map { |line| line.split.first }).to eq(%w[tts1.lab.test tts2.lab.test])
    expect(servers('new')).to all(match(/ weight 1 cookie \h{12} check\z/))
    expect(servers('running')).to all(match(%r{ track kept/tts\d\.lab\.test\z}))
  end

  it 'tells who has a certificate of the fleet, and nobody else, what it tells on loopback' do
    pems = 'ssl crt /etc/gateway/indextts2/peer.pem ca-file /etc/gateway/indextts2/ca.pem verify required ssl-min-ver TLSv1.2'
    expect(text[/^frontend metrics\n(    bind .*\n)+/]).to eq("frontend metrics\n    bind 127.0.0.1:8405\n    bind 0.0.0.0:9101 #{pems}\n")
    is_expected.to contain_file('/etc/gateway/indextts2/peer.pem').that_comes_before("File[#{config}]")
    is_expected.to contain_file('/etc/gateway/indextts2/ca.pem').that_comes_before("File[#{config}]")
  end

  it 'reloads where it has not loaded what it should, and restarts for nothing' do
    is_expected.to contain_exec('gateway to indextts2: reload').with(
      unless: [['/usr/bin/sha256sum', '--check', '--status', '/run/indextts2-gateway/loaded']]
    ).that_requires('Service[indextts2-gateway.service]')
    expect(catalogue.resource('Service', 'indextts2-gateway.service')[:subscribe]).to be_nil
  end

  context 'with nodes of many kinds' do
    let(:nodes) do
      {
        'a.example' => { 'port' => 7777, 'ip' => '10.0.0.1' },
        'b.example' => { 'tls_certificate' => '/etc/ssl/b.pem', 'address' => '10.0.0.2' },
        'c.example' => { 'ensure' => 'absent' },
        'd.example' => { 'ip' => nil },
        'e.example' => { 'address' => '2001:db8::5' }
      }
    end

    it 'asks each where and how it listens, and none of which nobody knows where, or which no longer serves' do
      expect(servers('kept')[0]).to start_with('a.example 10.0.0.1:7777 weight 1 cookie')
      expect(servers('kept')[1]).to start_with(
        'b.example 10.0.0.2:7860 weight 1 ssl verify required ca-file /etc/ssl/certs/ca-certificates.crt verifyhost b.example sni str(b.example) check-sni b.example cookie'
      )
      expect(servers('kept')[2]).to start_with('e.example [2001:db8::5]:7860 ')
      expect(servers('kept').length).to eq(3)
    end
  end

  context 'where PuppetDB knows no node' do
    let(:nodes) { {} }

    it('keeps the configuration that it has') { is_expected.to compile.and_raise_error(/knows no node of environment staging that serves indextts2: let one of them run/) }
  end

  context 'where PuppetDB is away' do
    let(:pre_condition) { PuppetdbAnswer.away }

    it('keeps the configuration that it has') { is_expected.to compile.and_raise_error(/Connection refused/) }
  end

  context 'with a rollout' do
    let(:nodes) { (1..3).to_h { |number| ["tts#{number}.lab.test", {}] } }
    let(:pre_condition) { "#{super()}\nfunction releases::rollout(String $service) { #{rollout} }" }
    let(:rollout) { "{ 'revision' => 'v24', 'members' => ['tts2.lab.test', 'gone.lab.test'], 'step' => 33, 'traffic' => 10 }" }

    it('gives the members that are there their share') { expect(weights).to eq('tts1.lab.test' => 9, 'tts2.lab.test' => 2, 'tts3.lab.test' => 9) }

    context 'that was aborted' do
      let(:rollout) { "{ 'revision' => 'v24', 'members' => [], 'step' => 33, 'traffic' => 10 }" }

      it('has all weigh the same') { expect(weights.values).to eq([1, 1, 1]) }
    end
  end

  context 'with TLS and passwords' do
    let(:params) do
      { port: 443, tls_certificate: '/etc/ssl/gw.pem', tls_key: '/etc/ssl/gw.key', plain_port: 80, allowed_networks: %w[10.0.0.0/8],
        max_requests: 100, max_request_bytes: 1000, users: RSpec::Puppet::Sensitive.new('ann' => '$6$salt$hash') }
    end

    it 'has the door of a node' do
      expect(text).to match(/^    bind 0\.0\.0\.0:443 ssl crt #{Regexp.escape('/etc/gateway/indextts2/tls.pem')} alpn/)
      expect(text).to include('acl allowed src 10.0.0.0/8', 'user ann password $6$salt$hash', 'sc_http_req_rate(0) gt 100', 'req.body_size gt 1000',
                              'code 308 location https://', 'cookie indextts2_node insert indirect nocache httponly secure')
    end

    it 'says no password hash in what it logs' do
      expect(catalogue.resource('File', config).sensitive_parameters).to include(:content)
    end

    it 'has the certificate there before the configuration that names it' do
      is_expected.to contain_exec('gateway to indextts2: make /etc/gateway/indextts2/tls.pem').with_command(
        ['/usr/local/lib/gateway/pem', 'install', '/etc/ssl/gw.pem', '/etc/ssl/gw.key', '/etc/gateway/indextts2/tls.pem', 'indextts2-gateway',
         'tls_certificate and tls_key of the gateway']
      ).that_comes_before("File[#{config}]")
    end
  end

  context 'with another gateway beside it' do
    let(:params) { { port: 7860, peers: { 'gw1.lab.test' => '10.77.0.13', 'gw2.lab.test' => '10.77.0.14' } } }

    it 'tells it which job is where, by TLS and with the certificates of the fleet' do
      expect(text).to include(<<~PEERS.gsub(/^(?=.)/, '    ').sub('    peers', 'peers'))
        peers gateway
        bind 10.77.0.13:7859 ssl crt /etc/gateway/indextts2/peer.pem ca-file /etc/gateway/indextts2/ca.pem verify required
        default-server ssl crt /etc/gateway/indextts2/peer.pem ca-file /etc/gateway/indextts2/ca.pem verify required
        server gw1.lab.test
        server gw2.lab.test 10.77.0.14:7859 verifyhost gw2.lab.test
      PEERS
      is_expected.to contain_file('/etc/gateway/indextts2/peer.pem').with(mode: '0640', group: 'indextts2-gateway').that_comes_before("File[#{config}]")
      is_expected.to contain_file('/etc/gateway/indextts2/ca.pem').with_source('file:///var/lib/puppet/ssl/certs/ca.pem')
    end
  end

  context 'when it goes' do
    let(:params) { { port: 7860, ensure: 'absent' } }
    let(:pre_condition) { PuppetdbAnswer.away }

    it 'is stopped, and asks nobody' do
      is_expected.to contain_service('indextts2-gateway.service').with(ensure: 'stopped', enable: false)
      is_expected.to contain_file('/etc/systemd/system/indextts2-gateway.service').with_ensure('absent')
    end
  end

  {
    { tls_certificate: '/a' } => /TLS needs both/,
    { plain_port: 80 } => /no TLS to send its clients to/,
    { peers: { 'gw2.lab.test' => '10.0.0.2' } } => /peers has no gw1\.lab\.test/,
    { metrics_port: 7860 } => /two would listen on one port of 7860, 7860/,
    { watch_port: 8405 } => /two would listen on one port of 7860, 8405, 8405/,
    { join: "/a\n" } => /expects a match for Gateway::UrlPath/
  }.each do |more, why|
    context "with #{more}" do
      let(:params) { { port: 7860 }.merge(more) }

      it { is_expected.to compile.and_raise_error(why) }
    end
  end

  context 'with a name that no class has' do
    let(:title) { 'Index TTS' }

    it { is_expected.to compile.and_raise_error(/Index TTS is no name of a service/) }
  end

  context 'with a second service' do
    let(:pre_condition) { <<~PUPPET }
      #{super().sub('title = "Indextts2"', 'title = "(Indextts2|Echo_tiny)"')}
      gateway::service { 'echo_tiny': port => 8000, metrics_port => 8406, watch_port => 9102, join => '/send' }
    PUPPET

    it 'has a process of its own' do
      is_expected.to contain_file('/etc/gateway/echo_tiny/haproxy.cfg').with_content(%r{^    acl join path /send$})
      is_expected.to contain_service('echo_tiny-gateway.service')
    end
  end
end
