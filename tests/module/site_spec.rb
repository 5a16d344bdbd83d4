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

      # nvidia-smi says 3911 MiB of a T400 4GB and of a GTX 1650, and 4096 with newer drivers
      { 3072 => [], 3911 => %w[v1.5.0 v2.0.0], 4096 => %w[v1.5.0 v2.0.0] }.each do |mib, served|
        context "on a card of #{mib} MiB" do
          let(:facts) { super().merge('nvidia' => { 'gpus' => [{ 'index' => 0, 'uuid' => 'GPU-0', 'name' => 'T400 4GB', 'memory_mib' => mib, 'compute_capability' => '7.5' }] }) }

          if served.include?(revision)
            it { is_expected.to compile.with_all_deps }
          else
            it { is_expected.to compile.and_raise_error(/revision is '#{revision}', which needs a card of \d+ MiB/) }
          end
        end
      end
    end
  end
end
