"""WAVs: one to upload, and whether one speaks a text, which the stand-in writes into the title."""

from __future__ import annotations

import io
import struct
import wave

from tests.load.job import Failure


def check(content: bytes, text: str) -> None:
    """Raise Failure unless ``content`` is a WAV with sound in it that speaks ``text``."""
    try:
        with wave.open(io.BytesIO(content)) as file:
            frames, whole = file.getnframes(), file.getnframes() * file.getnchannels() * file.getsampwidth()
            cut = len(file.readframes(frames)) < whole
    except (wave.Error, EOFError) as error:
        raise Failure(f"{len(content)} bytes that are no WAV: {content[:40]!r}") from error
    if cut or not frames:
        raise Failure(f"a WAV of {len(content)} bytes whose sound is {'cut' if cut else 'empty'}")
    spoken = title(content)
    if spoken != text:
        raise Failure(f"a WAV that speaks {spoken!r} instead of {text!r}")


def silence(seconds: float = 0.1) -> bytes:
    """Make a WAV without a title: a voice to upload."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setparams((1, 2, 22050, 0, "NONE", ""))
        file.writeframes(b"\0\0" * round(22050 * seconds))
    return made.getvalue()


def title(content: bytes) -> str | None:
    """Read the title (the chunk INAM in a LIST of INFO) of the WAV ``content``; None where it has none."""
    for name, body in _chunks(content[12:]):
        if name == b"LIST" and body[:4] == b"INFO":
            for entry, value in _chunks(body[4:]):
                if entry == b"INAM":
                    return value.rstrip(b"\0").decode(errors="replace")
    return None


def _chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    """Split RIFF chunks: a name of 4 bytes, a length, as many bytes, and one more where that is odd."""
    found = []
    while len(content) >= 8:
        name, length = struct.unpack("<4sI", content[:8])
        found.append((name, content[8 : 8 + length]))
        content = content[8 + length + length % 2 :]
    return found
