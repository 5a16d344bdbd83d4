# frozen_string_literal: true

require 'indextts2/catalogue'

# All other examples are about one system: these say why that is enough.
RSpec.describe 'indextts2', type: :class do
  include Indextts2Catalogue

  on_every_system do |_, facts|
    let(:facts) { facts.merge(CARDS) }

    { 'with a release' => SERVED, 'when it is absent' => { ensure: 'absent' } }.each do |what, parameters|
      context what do
        let(:params) { parameters }

        it { is_expected.to compile.with_all_deps }
        it { is_expected.to as_on_debian_12(parameters) }
      end
    end
  end

  it 'knows of a machine its name, its cards, and its system for the names of packages' do
    code = Dir["#{REPOSITORY}/modules/indextts2/{manifests,functions,templates}/**/*"].select { |path| File.file?(path) }
    asking = code.flat_map { |path| File.readlines(path).grep(/facts|\$::|\$trusted/) }
    expect(asking).to contain_exactly(/\$facts\.get\('nvidia\.gpus'/, /\$facts\.get\('nvidia', /, /\$trusted\['certname'\]/)
    expect(File.read("#{REPOSITORY}/modules/indextts2/hiera.yaml").scan(/%{(.*?)}/).flatten.uniq).to all(start_with('facts.os.'))
  end
end
