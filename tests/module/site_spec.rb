# frozen_string_literal: true

# The real hieradata of this repository: production's.
RSpec.describe 'tts1.lab.test', type: :host do
  let(:hiera_config) { "#{REPOSITORY}/hiera.yaml" }
  let(:pre_condition) { File.read("#{REPOSITORY}/manifests/site.pp") }

  on_every_system do |_, facts|
    %w[staging prod].each do |environment|
      context "in #{environment}" do
        let(:trusted_facts) { super().merge('pp_environment' => environment) }

        it { is_expected.to compile.with_all_deps }
        it { is_expected.to contain_class('role::tts_node') }
        it { is_expected.not_to contain_class('role::puppet_server') }
      end
    end

    context 'without a role' do
      let(:trusted_facts) { {} }

      it { is_expected.to compile.and_raise_error(/tts1\.lab\.test has no role.*fleet join tts1\.lab\.test --role tts_node/m) }
    end

    # A fact is what a node says of itself: it must not choose its role.
    context 'with a role in its facts only' do
      let(:facts) { facts.merge('pp_role' => 'tts_node', 'role' => 'tts_node') }
      let(:trusted_facts) { {} }

      it { is_expected.to compile.and_raise_error(/has no role/) }
    end
  end

  context 'with the role of the server' do
    let(:facts) { SYSTEMS.fetch('debian-13') }
    let(:trusted_facts) { super().merge('pp_role' => 'puppet_server') }

    it { is_expected.to compile.with_all_deps }
    it { is_expected.to contain_class('role::puppet_server') }
    it { is_expected.not_to contain_class('role::tts_node') }
  end

  # A revision is one line of Hiera, and every pin of the catalogue has to be one that the module takes.
  YAML.load_file("#{REPOSITORY}/hieradata/catalogue/indextts2.yaml")['indextts2::releases'].each do |revision, pin|
    context "with the catalogue's #{revision}" do
      let(:facts) { SYSTEMS.fetch('debian-12') }
      let(:pre_condition) { "class { 'indextts2': revision => '#{revision}' }\n#{super()}" }

      it 'checks out its commit' do
        checkout = catalogue.resources.find { |resource| resource.type == 'Vcsrepo' }
        expect(checkout.title).to start_with("/opt/indextts2/releases/#{revision}-#{pin['commit'][0, 7]}-")
        expect(checkout[:revision]).to eq(pin['commit'])
      end
    end
  end
end
