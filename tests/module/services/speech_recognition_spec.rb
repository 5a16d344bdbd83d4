# frozen_string_literal: true

require 'services/catalogue'

# Only what its definition says that indextts2's does not: the pattern itself is tried there.
RSpec.describe 'speech_recognition', type: :class do
  include ServiceCatalogue

  let(:facts) { SYSTEMS.fetch('debian-12').merge('nvidia' => { 'gpus' => [ServiceCatalogue::CARD] }) }
  let(:params) { ServiceCatalogue::RELEASE.transform_keys(&:to_sym).merge(smoke_file: '/srv/hello.wav') }
  let(:unit_text) { unit(catalogue, 'speech_recognition') }

  it { is_expected.to compile.with_all_deps }

  it 'is started by the module that its definition names' do
    start = '-m uvicorn --factory speaches.main:create_app --host 127.0.0.1 --port ${PORT}'
    expect(unit_text).to match(%r{^ExecStart=\S+/\.venv/bin/python #{Regexp.escape(start)}$})
    expect(unit_text).to include('http://127.0.0.1:${PORT}/health;')
  end

  it 'finds its weights by a variable' do
    expect(unit_text).to include(%(Environment="HF_HUB_CACHE=/opt/speech_recognition/cache_hub/model-ddddddd/hub"\n))
    expect(unit_text).to include(%(Environment="ENABLE_UI=false"\n))
  end

  it 'tells releases what a job is, and which one is asked for before a release serves' do
    expect(told(catalogue, 'speech_recognition')).to include(
      'backends' => %w[tasks pages], 'entrance' => 'tasks', 'idle_backends' => [],
      'smoke' => {
        'path' => '/v1/audio/transcriptions', 'file' => '/srv/hello.wav', 'timeout' => 120, 'answer' => 'text', 'field' => 'file',
        'form' => { 'model' => 'Systran/faster-whisper-large-v3' }
      }
    )
    expect(told(catalogue, 'speech_recognition')).not_to include('queue')
  end
end
