# frozen_string_literal: true

RSpec.describe 'gateway::weights', type: :puppet_function do
  # @return the percent of the requests that the members together get
  def share_of(members, others, weights)
    100.0 * members * weights['member'] / (members * weights['member'] + others * weights['other'])
  end

  sizes = [1, 2, 3, 7, 20, 100]
  percents = [1, 5, 10, 25, 50, 66, 90, 99]

  it 'gives members their share within half a percent, whatever the numbers of nodes, where whole weights to 256 allow it' do
    far = sizes.product(sizes, percents).filter_map do |members, others, share|
      weights = subject.execute(members, others, share)
      expect(weights.values).to all(be_between(1, 256))
      off = (share_of(members, others, weights) - share).abs
      # what the extreme weights give is all there is to have
      low = share_of(members, others, 'member' => 1, 'other' => 256)
      high = share_of(members, others, 'member' => 256, 'other' => 1)
      nearest = [low - share, share - high, 0].max
      [members, others, share, weights] if off > nearest + 0.5
    end
    expect(far).to be_empty
  end

  it 'takes the nearest where they do not' do
    is_expected.to run.with_params(1, 100, 99).and_return('member' => 256, 'other' => 1)
    is_expected.to run.with_params(100, 1, 1).and_return('member' => 1, 'other' => 256)
    is_expected.to run.with_params(2, 2, 100).and_return('member' => 256, 'other' => 1)
  end

  it 'takes small numbers where they will do' do
    is_expected.to run.with_params(1, 2, 10).and_return('member' => 2, 'other' => 9)
    is_expected.to run.with_params(1, 1, 50).and_return('member' => 1, 'other' => 1)
    is_expected.to run.with_params(1, 9, 10).and_return('member' => 1, 'other' => 1)
  end

  it 'has all weigh the same where there is nobody to share with' do
    [[0, 3], [3, 0], [0, 0]].each { |members, others| is_expected.to run.with_params(members, others, 10).and_return('member' => 1, 'other' => 1) }
  end

  it { is_expected.to run.with_params(1, 1, 0).and_raise_error(ArgumentError) }
end
