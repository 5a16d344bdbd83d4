# frozen_string_literal: true

require 'puppet_code'
require 'indextts2/catalogue'

RSpec.describe 'indextts2', type: :class do
  include Indextts2Catalogue

  # What makes the compile fail, and what the sentence has to name: the key, the value and the cure; and other facts.
  refused = {
    'a relative root' => [{ root: 'opt/tts' }, /indextts2::root is 'opt\/tts'.*\/opt\/indextts2/],
    'a port below 1' => [{ port: 0 }, /indextts2::port is 0.*from 1 to 65533/],
    'a port of 99999' => [{ port: 99_999 }, /indextts2::port is 99999.*from 1 to 65533/],
    'a certificate without its key' => [{ tls_certificate: '/etc/ssl/tts.pem' }, %r{tls_certificate is '/etc/ssl/tts\.pem' and indextts2::tls_key is ''.*set both or neither}],
    'a plain port with nothing to send to' => [{ plain_port: 80 }, /indextts2::plain_port is 80.*set indextts2::tls_certificate/],
    'a port for two' => [{ metrics_port: 7862 }, /two would listen on one port of 7860, 7862, 7861, 7862.*each another/],
    'two copies on a card that holds one' => [
      { handover: 'overlap', releases: { 'v23' => V23.merge('vram_mib' => 8192) } },
      /handover is 'overlap', but a card has 16383 MiB, and two copies of v23 need 16384 MiB.*set indextts2::handover to hold/,
    ],
    'two copies on a card that holds one of the least' => [
      { handover: 'overlap', releases: { 'v23' => V23.merge('least_vram_mib' => 8192) } },
      /handover is 'overlap', but a card has 16383 MiB, and two copies of v23 need 16384 MiB \(least_vram_mib of its pin, twice\)/,
    ],
    'a release for a card of more memory' => [
      { releases: { 'v23' => V23.merge('least_vram_mib' => 24_577) } },
      /revision is 'v23', which needs a card of 24577 MiB.*NVIDIA L4, card 0, has 24576: .*indextts2::gpus.*indextts2::gpu to optional/,
    ],
    'a release for which one of the cards is too small' => [
      { releases: { 'v23' => V23.merge('least_vram_mib' => 16_384) } }, /needs a card of 16384 MiB.*Tesla V100, card 1, has 16383: /,
    ],
    'a release for a newer card' => [
      { releases: { 'v23' => V23.merge('compute_capability' => '10.0') } },
      /revision is 'v23', which needs a card of compute capability 10\.0.*NVIDIA L4, card 0, has 8\.9: .*indextts2::gpus.*indextts2::gpu to optional/,
    ],
    'cards beyond the last port' => [{ port: 65_533, gpus: [63] }, /port is 65533, and the web UIs of card 63 would listen on 65660 and 65661.*such as 7860/],
    'no revision' => [{ revision: :undef }, /indextts2::revision is not set.*v15, v23, v24-beta/],
    'a revision that is no name' => [{ revision: '../v23' }, %r{indextts2::revision is '\.\./v23'.*use letters}],
    'a revision without a pin' => [{ revision: 'v99' }, /indextts2::revision is 'v99'.*pins: v15, v23, v24-beta.*'fleet pin indextts2 TAG' pins/],
    'a branch' => [{ revision: 'main' }, /indextts2::revision is 'main'(?!.*fleet pin indextts2 main).*a branch is never a revision/],
    'a short commit' => [
      { releases: { 'v23' => V23.merge('commit' => 'aaaaaaa') } },
      /indextts2::releases: v23 is pinned to the commit 'aaaaaaa'.*40 hex digits.*'fleet pin indextts2 v23 --repin'/,
    ],
    'a pin with an unknown key' => [
      { releases: { 'v23' => V23.merge('comit' => 'x') } }, /indextts2::releases: the pin of v23 is .*correct it in hieradata\/catalogue\/indextts2\.yaml/
    ],
    'a pin without an install method' => [
      { releases: { 'v23' => V23.reject { |key, _| key == 'install' } } }, /indextts2::releases: the pin of v23 is .*install/
    ],
    'a lock without its digest' => [
      { releases: { 'v23' => V23.reject { |key, _| key == 'lock_sha256' } } }, /v23 is installed from its lock, but lock_sha256 is missing.*uv\.lock/
    ],
    'a lock that pip cannot read' => [{ installer: 'pip' }, /indextts2::installer is 'pip', but v23.*set indextts2::installer to uv/],
    'weights that nobody has locked' => [
      { weights: { 'IndexTTS-2' => BUNDLE.reject { |name| name == 'files_sha256' } } },
      /nobody has locked 'IndexTTS-2', which v23 names.*fleet weights lock indextts2 IndexTTS-2/,
    ],
    'weights that nobody has' => [{ weights: {} }, /v23 names the weights 'IndexTTS-2', which indextts2::weights does not have.*catalogue/],
    'a text that no unit can hold' => [{ hf_endpoint: "http://hub.example.org/\u0001" }, /has a control character.*take it out/],
    'a flag that the release does not know' => [
      { revision: 'v15', fp16: true }, /--fp16 set, but the release v15 knows no such flag.*--host --port.*v15/
    ],
  }

  let(:facts) { SYSTEMS.fetch('debian-12').merge(CARDS) }

  it 'reaches every fail()' do
    reached = refused.values.flat_map do |parameters, _, others|
      # two catalogues of one environment would define the module's defined type twice
      Puppet.lookup(:current_environment).loaders = nil
      compiled(SERVED.merge(parameters), facts: facts.merge(others.to_h))
      []
    rescue Puppet::Error => e
      e.message.scan(/file: ([^,]+), line: (\d+)/).map { |place| place.join(':') }
    end
    expect(PuppetCode.failures("#{REPOSITORY}/modules/indextts2") - reached).to eq([])
  end

  refused.each do |what, (parameters, sentence, others)|
    it "refuses #{what}" do
      expect { compiled(SERVED.merge(parameters), facts: facts.merge(others.to_h)) }.to raise_error(Puppet::Error, sentence)
    end
  end

  it 'lets two copies run where every card holds them, on cards that it does not see, and where nothing is known of that' do
    needs = ->(mib) { SERVED.merge(handover: 'overlap', releases: { 'v23' => V23.merge('vram_mib' => mib) }) }
    least = SERVED.merge(handover: 'overlap', releases: { 'v23' => V23.merge('least_vram_mib' => 8191) })
    [least, needs.call(8191), needs.call(8192).merge(gpus: [0]), needs.call(8192).merge(gpu: 'none'), SERVED.merge(handover: 'overlap'), needs.call(8192).merge(handover: 'hold')].each do |parameters|
      expect { compiled(parameters) }.not_to raise_error
    end
  end

  it 'lets a release run where its cards are enough for it, where it may do without, and where nothing is known of cards' do
    needs = SERVED.merge(releases: { 'v23' => V23.merge('least_vram_mib' => 24_576, 'compute_capability' => '8.9') })
    more = SERVED.merge(releases: { 'v23' => V23.merge('least_vram_mib' => 24_577, 'compute_capability' => '9.0') })
    [[0], ['GPU-0']].each { |gpus| expect { compiled(needs.merge(gpus: gpus)) }.not_to raise_error }
    %w[optional none].each { |gpu| expect { compiled(more.merge(gpu: gpu)) }.not_to raise_error }
    [{ 'present' => false }, { 'gpus' => [] }, { 'gpus' => [{ 'index' => 0, 'uuid' => 'GPU-0', 'name' => 'Tesla T4' }] }].each do |cards|
      expect { compiled(more, facts: facts.merge('nvidia' => cards)) }.not_to raise_error
    end
    expect { compiled(more, facts: SYSTEMS.fetch('debian-12')) }.not_to raise_error
  end
end
