"""Recordings, brought to what the recogniser takes: one channel of 16 bits, 16,000 times a second."""

from __future__ import annotations

import array
import audioop
import io
import random
import wave

RATE = 16_000
#: How loud the noise is that is laid under a recording, of 32,768. A voice that a program makes has silences of zeros
#: alone, and their logarithm spoils the mean by which the recogniser knows a room: it hears next to nothing then.
NOISE = 100


class NoRecording(Exception):
    """What was sent is no WAV of 16 bits."""


def samples(content: bytes) -> bytes:
    """Read a WAV. Raises NoRecording."""
    try:
        with wave.open(io.BytesIO(content)) as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            frames = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise NoRecording(f"Failed to decode audio: {error!r}") from None
    if width != 2 or channels > 2 or not frames:
        raise NoRecording(
            f"Failed to decode audio: {channels} channels of {8 * width} bits, {len(frames)} bytes"
        )
    if channels == 2:
        frames = audioop.tomono(frames, 2, 0.5, 0.5)
    frames, _ = audioop.ratecv(frames, 2, 1, rate, RATE, None)
    return audioop.add(frames, _noise(len(frames) // 2), 2)


def _noise(count: int) -> bytes:
    """Make as many samples of noise, always the same."""
    drawn = random.Random(0)
    return array.array("h", [round(drawn.gauss(0, NOISE)) for _ in range(count)]).tobytes()
