# frozen_string_literal: true

require 'open3'
require 'puppet_code'
require 'time'

RSpec.describe 'profile::slot', type: :puppet_function do
  # @return [Integer] the second of the interval that an event of systemd's calendar names
  def second(event)
    hour, minute, second = event[/\A\*-\*-\* (\S+) UTC\z/, 1].split(':').map { |part| part[/\A\d+/].to_i }
    (hour * 3600) + (minute * 60) + second
  end

  def slot(certname, interval)
    subject.execute(certname, interval)
  end

  %w[1s 20s 60s 1m 30m 60m 1h 2h 12h 24h 1d].each do |interval|
    it "has systemd start a run every #{interval}, and no other" do
      event = slot('tts1.example.org', interval)
      listed, status = Open3.capture2e({ 'TZ' => 'UTC', 'LC_ALL' => 'C' }, 'systemd-analyze', 'calendar', '--iterations=4', event)
      expect(status).to be_success, listed
      elapses = listed.scan(/(?:Next elapse|Iter\S* #\d+): \w+ (\S+ \S+) UTC/).map { |(time)| Time.parse("#{time} UTC").to_i }
      expect(elapses.each_cons(2).map { |one, next_one| next_one - one }).to eq([length(interval)] * 3)
    end
  end

  def length(interval)
    interval.to_i * { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400 }.fetch(interval[-1])
  end

  %w[7s 90s 7m 90m 7h 2d 0m 30].each do |interval|
    it("refuses every #{interval}, which no calendar has") { is_expected.to run.with_params('tts1.example.org', interval).and_raise_error(/in systemd's calendar: take|Profile::Interval/) }
  end

  it 'spreads a fleet over the whole interval, whatever wakes it at once' do
    seconds = (1..500).map { |number| second(slot("tts-#{number}.example.org", '30m')) }
    # 500 by chance: 16.7 a minute, and more than 35 once in a thousand fleets
    each_minute = seconds.group_by { |second| second / 60 }.transform_values(&:size)
    expect(each_minute.size).to eq(30)
    expect(each_minute.values.max).to be <= 35
    expect(slot('tts-1.example.org', '30m')).to eq(slot('tts-1.example.org', '30m'))
  end
end

RSpec.describe 'profile::puppet_agent', type: :class do
  let(:run) { catalogue.resource('File', '/etc/systemd/system/puppet-agent-run.service')[:content] }

  on_every_system do
    it { is_expected.to compile.with_all_deps }
  end

  context 'with nothing said' do
    let(:facts) { SYSTEMS.fetch('debian-12') }

    it 'has a timer instead of the daemon, and no moment without either' do
      is_expected.to contain_service('puppet').with(ensure: 'stopped', enable: false).that_requires('Service[puppet-agent.timer]')
      is_expected.to contain_service('puppet-agent.timer').with(ensure: 'running', enable: true)
        .that_requires('Units::Reread[puppet-agent-run.service]')
        .that_subscribes_to('File[/etc/systemd/system/puppet-agent.timer]')
      is_expected.to contain_file('/etc/systemd/system/puppet-agent.timer').with_content(/^Unit=puppet-agent-run\.service$/)
    end

    it 'bounds a run, and what does not end by itself' do
      is_expected.to contain_ini_setting("puppet.conf: agent's runtimeout").with_value('1h')
      patience = run[/--maxwaitforlock=(\d+)/, 1].to_i
      expect(run[/^TimeoutStartSec=(\d+)$/, 1].to_i).to be > 3600 + patience
    end

    it 'has the server for its authority, where no other is said' do
      is_expected.to contain_ini_setting("puppet.conf: agent's ca_server").with(ensure: 'absent', section: 'agent')
    end

    it 'takes 2 for a success, and no other code of the agent than 0' do
      expect(run).to include('--detailed-exitcodes')
      expect(run[/^SuccessExitStatus=(.*)$/, 1]).to eq('2')
    end

    it 'waits for nobody: the timer has spread the runs, and asks for the certificate again' do
      expect(run).to include('--onetime', '--no-daemonize', '--no-splay', '--waitforcert=0')
      is_expected.to contain_ini_setting("puppet.conf: agent's splay").with_value('false')
    end

    it 'keeps to the last good catalogue where the server gives none' do
      is_expected.to contain_ini_setting("puppet.conf: agent's usecacheonfailure").with_value('true')
      expect(run).not_to include('usecacheonfailure')
    end
  end
end
