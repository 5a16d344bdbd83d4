# frozen_string_literal: true

RSpec.describe 'releases::alone', type: :puppet_function do
  let(:facts) { SYSTEMS.fetch('debian-12') }
  let(:pre_condition) { "releases::alone('one', 'account', ['run', 'build'])" }

  it { is_expected.to run.with_params('two', 'account', %w[run2 build2]) }
  it { is_expected.to run.with_params('one', 'folder', ['run']) }

  it 'names both' do
    is_expected.to run.with_params('two', 'account', %w[other build])
      .and_raise_error(%r{two and one are both to have the account build on this node: give one of the two another in its definition, hieradata/services/two\.yaml})
  end
end

RSpec.describe 'releases::meet', type: :puppet_function do
  let(:facts) { SYSTEMS.fetch('debian-12') }

  {
    ['socket', '0.0.0.0:1', '192.0.2.1:1'] => true,
    ['socket', '192.0.2.1:1', '0.0.0.0:1'] => true,
    ['socket', '0.0.0.0:1', '0.0.0.0:2'] => false,
    ['socket', '192.0.2.1:1', '192.0.2.2:1'] => false,
    ['socket', '0.0.0.0:1', '2001:db8::1:1'] => false,
    ['socket', ':::1', '2001:db8::1:1'] => true,
    ['socket', ':::1', '127.0.0.1:1'] => false,
    ['socket', '127.0.0.1:1', '127.0.0.1:1'] => true,
    ['folder', '/opt/a', '/opt/a/b'] => true,
    ['folder', '/opt/a/b', '/opt/a'] => true,
    ['folder', '/opt/a', '/opt/ab'] => false,
    ['account', 'a', 'a'] => true,
    ['account', 'a', 'ab'] => false,
  }.each do |(kind, one, other), met|
    it("says of the #{kind}s #{one} and #{other}: #{met}") { is_expected.to run.with_params(kind, one, other).and_return(met) }
  end
end
