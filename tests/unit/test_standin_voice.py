"""The stand-in's voice, measured in the WAV that espeak-ng writes."""

from __future__ import annotations

import array
import statistics
import wave
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.load.wav import check
from tests.unit.gradio_page import voice

pytestmark = pytest.mark.puppet

CHINESE = "今天天气真好，我们一起去公园散步吧。"
ENGLISH = "What a lovely day; let us go for a walk in the park."


class Measured(NamedTuple):
    """A voice: fundamental frequency in Hz, duration in s, loudness 0 to 1."""

    pitch: float
    duration: float
    loudness: float


def frequency(frame: list[int], rate: int) -> float | None:
    """Find the frequency of ``frame`` by its autocorrelation; None where it is no clear tone."""
    energy = sum(sample * sample for sample in frame)
    if energy < len(frame) * 300**2:
        return None
    strength = {
        lag: sum(a * b for a, b in zip(frame, frame[lag:], strict=False)) / (len(frame) - lag)
        for lag in range(rate // 400, rate // 60)
    }
    best = max(strength, key=lambda lag: strength[lag])
    return rate / best if strength[best] > 0.5 * energy / len(frame) else None


def measure(path: Path) -> Measured:
    """Measure a WAV of 16 bits, mono."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        full_rate, count = file.getframerate(), file.getnframes()
        samples = array.array("h", file.readframes(count))
    step = 4  # a voice has its fundamental far below the frequencies that this drops
    rate, thin = full_rate // step, list(samples[::step])
    frame = rate // 20
    tones = [frequency(thin[start : start + frame], rate) for start in range(0, len(thin) - frame, frame)]
    return Measured(
        pitch=statistics.median(tone for tone in tones if tone),
        duration=count / full_rate,
        loudness=(sum(sample * sample for sample in thin) / len(thin)) ** 0.5 / 32768,
    )


def spoken(folder: Path, text: str, **emotions: float) -> Measured:
    wav = folder / "voice.wav"
    voice.speak(text, emotions, wav)
    return measure(wav)


def test_the_measure_finds_a_known_tone(tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    period = 100  # a saw of 220.5 Hz
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 22050, 0, "NONE", ""))
        file.writeframes(array.array("h", [(n % period) * 200 - 10_000 for n in range(22050)]).tobytes())
    tone = measure(path)
    assert tone.pitch == pytest.approx(220.5, rel=0.02)
    assert tone.duration == 1.0


@pytest.mark.parametrize("text", [CHINESE, ENGLISH])
def test_joy_raises_the_voice_and_hurries_it(tmp_path: Path, text: str) -> None:
    neutral, joy = spoken(tmp_path, text), spoken(tmp_path, text, 喜悦=1.0)
    assert joy.pitch > 1.2 * neutral.pitch
    assert joy.duration < 0.9 * neutral.duration
    assert min(neutral.loudness, joy.loudness) > 0.01


def test_the_voice_follows_a_slider_all_the_way(tmp_path: Path) -> None:
    levels = [spoken(tmp_path, CHINESE, 喜悦=level) for level in (0.0, 0.35, 0.7, 1.0)]
    assert [level.pitch for level in levels] == sorted(level.pitch for level in levels)
    assert [level.duration for level in levels] == sorted((level.duration for level in levels), reverse=True)


@pytest.mark.parametrize("emotion", voice.EMOTIONS)
def test_every_emotion_is_heard(tmp_path: Path, emotion: str) -> None:
    neutral, moved = spoken(tmp_path, CHINESE), spoken(tmp_path, CHINESE, **{emotion: 1.0})
    assert moved.pitch != pytest.approx(neutral.pitch, rel=0.03)
    assert moved.duration != pytest.approx(neutral.duration, rel=0.03)


def test_all_emotions_at_once_stay_in_what_espeak_takes(tmp_path: Path) -> None:
    everything = dict.fromkeys(voice.EMOTIONS, 1.0)
    mixed = voice.prosody(everything)
    assert all(
        low <= value <= high for low, value, high in zip(voice.LOWEST, mixed, voice.HIGHEST, strict=True)
    )
    assert spoken(tmp_path, CHINESE, **everything).duration > 0.5


def test_a_text_is_never_taken_for_an_option(tmp_path: Path) -> None:
    assert spoken(tmp_path, "--version").duration > 0.5


@pytest.mark.parametrize(
    ("text", "expected"), [(CHINESE, "cmn"), (ENGLISH, "en"), ("GPU 在哪里", "cmn"), ("42", "en")]
)
def test_the_language_is_the_text_s(text: str, expected: str) -> None:
    assert voice.language(text) == expected


@pytest.mark.parametrize("text", [CHINESE, "odd", "even"])
def test_a_wav_says_which_text_it_speaks(tmp_path: Path, text: str) -> None:
    spoken(tmp_path, text)
    content = (tmp_path / "voice.wav").read_bytes()
    check(content, text)
    assert int.from_bytes(content[4:8], "little") == len(content) - 8, "players trust the length"
