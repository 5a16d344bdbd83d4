# frozen_string_literal: true

# Only init is the module's face.
(Dir["#{REPOSITORY}/modules/indextts2/manifests/*.pp"].map { |file| File.basename(file, '.pp') } - %w[init]).each do |name|
  RSpec.describe "indextts2::#{name}", type: :class do
    let(:facts) { SYSTEMS.fetch('debian-12') }

    it { is_expected.to compile.and_raise_error(/indextts2::#{name}.*is private/i) }
  end
end
