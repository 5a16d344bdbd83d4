# frozen_string_literal: true

# Two services of one pattern on one node: tests/golden/echo_tiny is as unlike indextts2 as a definition can be.
PIN = { 'commit' => 'a' * 40, 'python' => '3.11' }.freeze

RSpec.describe 'echo_tiny', type: :class do
  let(:params) { { revision: 'v1', releases: { 'v1' => PIN.merge('install' => 'requirements') }, installer: 'pip', secret_word: 'x' } }
  let(:pre_condition) do
    <<~PUPPET
      class { 'indextts2':
        revision => 'v23',
        releases => { 'v23' => #{PIN.merge('install' => 'project').inspect} },
      }
    PUPPET
  end

  # @return a matcher: the unit of a service's instances is like this
  def a_unit_like(pattern, service: 'echo_tiny')
    satisfy("have a unit like #{pattern}") do |compiled|
      compiled.call.resources.find { |resource| resource.title.to_s.start_with?("/etc/#{service}/deployments/") }[:content].match?(pattern)
    end
  end

  on_every_system do
    it { is_expected.to compile.with_all_deps }

    %w[indextts2 echo_tiny].each do |service|
      it { is_expected.to contain_class("#{service}::webui") }
      it { is_expected.to contain_service("#{service}-front.service").with(ensure: 'running', enable: true) }
    end

    it 'gives each service its own account, port and folder' do
      is_expected.to contain_file('/srv/echo/state').with_owner('echo')
      is_expected.to contain_file('/opt/indextts2/state').with_owner('tts-user')
      is_expected.to contain_file('/etc/echo_tiny/front/haproxy.cfg').with_content(/^ +bind 0\.0\.0\.0:8099$/)
      is_expected.to contain_file('/etc/indextts2/front/haproxy.cfg').with_content(/^ +bind 0\.0\.0\.0:7860$/)
    end
  end

  context 'with what makes it another service' do
    let(:facts) { SYSTEMS.fetch('debian-12') }

    # echo_tiny has no GPU, no weights and no extras
    it { is_expected.not_to a_unit_like(/nvidia|model_dir|weights/) }
    it { is_expected.to a_unit_like(/^PrivateDevices=yes$/) }
    it { is_expected.not_to contain_file('/etc/weights/echo_tiny.json') }
    it { is_expected.to contain_package('sox') }
    it { is_expected.to contain_package('espeak-ng') }

    it 'makes every folder that it writes, parents first' do
      %w[cache_hub/echo cache_hub/echo/cache state/spool state/spool/in state/home].each do |folder|
        is_expected.to contain_file("/srv/echo/#{folder}").with(ensure: 'directory', owner: 'echo')
      end
      is_expected.to a_unit_like(%r{^BindPaths=/srv/echo/state/spool/in:/srv/echo/releases/v1-aaaaaaa-\h{7}/spool/in$})
    end

    it 'hands numbers over as they are' do
      is_expected.to a_unit_like(/ "--gain" "1\.5e\+20" /)
      is_expected.to a_unit_like(/^Environment="ECHO_DELAY=-5"$/)
    end

    it 'says its title in the unit as it is' do
      is_expected.to a_unit_like(
        /^Description=#{Regexp.escape(%q(Echo's 回声 100%% "tiny" <%%= title %%> ${title}))}, release v1-aaaaaaa-\h{7}, instance %i$/
      )
    end

    context 'without what has no default' do
      let(:params) { super().reject { |name, _| name == :secret_word } }

      it { is_expected.to compile.and_raise_error(/expects a value for parameter 'secret_word'/) }
    end

    context 'when one of them goes' do
      let(:params) { { ensure: 'absent', secret_word: 'x' } }

      it { is_expected.to compile.with_all_deps }
      it { is_expected.to contain_user('echo').with_ensure('absent') }
      it { is_expected.to contain_user('tts-user').with_ensure('present') }
      it { is_expected.to contain_service('indextts2-front.service').with_ensure('running') }
    end
  end
end
