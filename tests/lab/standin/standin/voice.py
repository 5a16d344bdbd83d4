"""The voice: espeak-ng, its pitch and speed moved by emotions.

Standard library only, so that it can be tried without the web UI.
"""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Prosody(NamedTuple):
    """How espeak-ng speaks: ``pitch`` 0 to 99, ``speed`` in words a minute, ``volume`` 0 to 200."""

    pitch: int = 45
    speed: int = 165
    volume: int = 100


#: What an emotion at 1.0 adds to the neutral voice, in the order of the sliders.
EMOTIONS: dict[str, Prosody] = {
    "喜悦": Prosody(pitch=+35, speed=+45, volume=+20),
    "悲伤": Prosody(pitch=-25, speed=-50, volume=-20),
    "愤怒": Prosody(pitch=+20, speed=+60, volume=+60),
    "恐惧": Prosody(pitch=+25, speed=+70, volume=-10),
    "厌恶": Prosody(pitch=-15, speed=-20, volume=+10),
    "低落": Prosody(pitch=-30, speed=-40, volume=-30),
    "惊喜": Prosody(pitch=+45, speed=+20, volume=+30),
    "平静": Prosody(pitch=-10, speed=-25, volume=-10),
}

#: Where espeak-ng stops telling values apart, or refuses them.
LOWEST = Prosody(pitch=0, speed=80, volume=20)
HIGHEST = Prosody(pitch=99, speed=400, volume=200)

CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


def prosody(emotions: Mapping[str, float]) -> Prosody:
    """Mix ``emotions`` (name of :data:`EMOTIONS` to weight, 0 to 1) into one way of speaking."""
    mixed = (
        neutral + sum(weight * EMOTIONS[name][axis] for name, weight in emotions.items())
        for axis, neutral in enumerate(Prosody())
    )
    return Prosody(
        *(min(max(round(value), low), high) for value, low, high in zip(mixed, LOWEST, HIGHEST, strict=True))
    )


def language(text: str) -> str:
    """Name the espeak-ng voice for ``text``; the Chinese one also reads the English words in it."""
    return "cmn" if CHINESE.search(text) else "en"


def speak(text: str, emotions: Mapping[str, float], wav: Path) -> None:
    """Write ``text`` to ``wav`` as speech (mono, 16 bits, 22,050 Hz), and as its title.

    Raises ``subprocess.CalledProcessError`` where espeak-ng fails.
    """
    pitch, speed, volume = prosody(emotions)
    options = {"-v": language(text), "-p": pitch, "-s": speed, "-a": volume, "-b": 1, "-w": wav}
    command = ["espeak-ng", *(str(word) for option in options.items() for word in option)]
    # The text goes in by standard input: as an argument it could be taken for an option.
    subprocess.run([*command, "--stdin"], input=text.encode(), check=True)
    entitle(wav, text)


def entitle(wav: Path, title: str) -> None:
    """Write ``title`` into ``wav``, where players look for it: who gets a WAV can tell what it speaks.

    A RIFF chunk has an even length; its name and length come before it.
    """
    value = title.encode() + b"\0"
    value += b"\0" * (len(value) % 2)
    entry = b"INFO" + struct.pack("<4sI", b"INAM", len(value)) + value
    with wav.open("r+b") as file:
        file.seek(0, 2)
        file.write(struct.pack("<4sI", b"LIST", len(entry)) + entry)
        end = file.tell()
        file.seek(4)
        file.write(struct.pack("<I", end - 8))
