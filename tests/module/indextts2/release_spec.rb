# frozen_string_literal: true

require 'indextts2/catalogue'

RSpec.describe 'indextts2', type: :class do
  include Indextts2Catalogue

  let(:facts) { SYSTEMS.fetch('debian-12').merge(CARDS) }
  let(:params) { SERVED }

  it 'goes from packages to the web UI, in this order' do
    %w[packages account folders description release weights filled front webui restart].each_cons(2) do |first, second|
      is_expected.to contain_class("indextts2::#{first}").that_comes_before("Class[indextts2::#{second}]")
    end
    %w[releases releases::haproxy].each { |tool| is_expected.to contain_class(tool).that_comes_before('Class[indextts2::front]') }
  end

  it 'says what is wanted before anything of it is made, so that no prune takes it for half-made' do
    is_expected.to contain_file('/etc/releases/indextts2.json')
      .that_requires('Class[releases]')
      .that_comes_before("Exec[indextts2: make checkout #{RELEASE}]")
      .that_comes_before("Exec[indextts2: Python environment of #{RELEASE}]")
  end

  it 'runs and builds as two accounts that nobody can log in to' do
    %w[tts-user tts-build indextts2-front].each do |account|
      is_expected.to contain_user(account).with(system: true, shell: '/usr/sbin/nologin', password: '!', gid: account)
    end
  end

  it 'checks out the full commit from the mirror on the node' do
    is_expected.to contain_vcsrepo(RELEASE).with(
      source: '/opt/indextts2/source.git', revision: 'a' * 40, user: 'tts-build', depth: nil
    )
  end

  it 'runs nothing as root that comes from the release' do
    execs = catalogue.resources.select { |resource| resource.type == 'Exec' && resource[:command].to_s.include?(RELEASE) }
    expect(execs.reject { |exec| exec[:user] == 'tts-build' }.map(&:title)).to all(match(/restore owners/))
  end

  it 'guards every exec' do
    execs = catalogue.resources.select { |resource| resource.type == 'Exec' }
    expect(execs.reject { |exec| exec[:unless] || exec[:onlyif] }.map(&:title)).to be_empty
  end

  it 'deletes nothing but keys and a timer that nobody uses, and what lies in folders that are its own' do
    absent = catalogue.resources.select { |resource| resource[:ensure].to_s == 'absent' }.map(&:title)
    expect(absent).to match_array(
      %w[/etc/systemd/system/indextts2-restart.service /etc/systemd/system/indextts2-restart.timer /etc/indextts2/front/tls.pem /etc/weights/indextts2.s3]
    )
    purged = catalogue.resources.select { |resource| resource[:purge] }.map(&:title)
    # of the front, and of the programs' own modules
    expect(purged.reject { |title| title.start_with?('/usr/local/lib/releases', '/usr/local/lib/weights') }).to eq(['/etc/indextts2/front'])
  end

  { 'v23' => V23, 'v24-beta' => V24, 'v15' => V15 }.each do |revision, pin|
    it "installs #{revision} by the method #{pin['install']}" do
      another = compiled(SERVED.merge(revision: revision))
      install = another.resource('Exec', "indextts2: Python environment of #{release_dir(another)}")
      expect(install[:environment]).to include("METHOD=#{pin['install']}", "PYTHON=#{pin['python']}")
      expect(install[:environment].grep(/^LOCK_SHA256=/)).to eq(["LOCK_SHA256=#{pin['lock_sha256']}"].select { pin['lock_sha256'] })
    end

    it "hands the installer of #{revision} no empty variable, of which Puppet would warn" do
      another = compiled(SERVED.merge(revision: revision, extras: []))
      install = another.resource('Exec', "indextts2: Python environment of #{release_dir(another)}")
      expect(install[:environment].grep(/=\z/)).to be_empty
    end
  end

  {
    'a commit' => { 'commit' => 'e' * 40 }, 'a lock' => { 'lock_sha256' => '2' * 64 }, 'a Python' => { 'python' => '3.12' },
    'a method' => { 'install' => 'project' }
  }.each do |what, change|
    it "builds a pin with another #{what.split.last} beside the one that serves" do
      another = compiled(SERVED.merge(releases: { 'v23' => V23.merge(change) }))
      expect(release_dir(another)).not_to eq(RELEASE)
    end
  end

  it 'builds other extras beside the environment that serves' do
    expect(release_dir(compiled(SERVED.merge(extras: %w[webui accel])))).not_to eq(RELEASE)
  end
end
