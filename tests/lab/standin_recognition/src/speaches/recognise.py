"""The recogniser: pocketsphinx with the English model of its package, and the words of ``words.txt``."""

from __future__ import annotations

import threading
from pathlib import Path

import pocketsphinx  # type: ignore[import-untyped]

from speaches.recording import RATE, samples  # type: ignore[import-not-found]

#: In the checkout, which is the working directory.
WORDS = Path("words.txt")
GRAMMAR = "#JSGF V1.0; grammar words; public <said> = ({})*;"


class Recogniser:
    """It loads its model at the first recording, and does one recording after the other."""

    def __init__(self) -> None:
        """Load nothing yet."""
        self._alone = threading.Lock()
        self._decoder: pocketsphinx.Decoder | None = None

    def text(self, recording: bytes) -> str:
        """Say what is said in a WAV; empty where no word is. Raises NoRecording."""
        heard = samples(recording)
        with self._alone:
            if self._decoder is None:
                self._decoder = _load()
            # What it learned of the room by the recording before would change what it hears in this one.
            self._decoder.reinit_feat()
            self._decoder.start_utt()
            self._decoder.process_raw(heard, full_utt=True)
            self._decoder.end_utt()
            found = self._decoder.hyp()
        return found.hypstr if found else ""


def _load() -> pocketsphinx.Decoder:
    decoder = pocketsphinx.Decoder(samprate=RATE, lm=None, loglevel="FATAL")
    decoder.add_jsgf_string("words", GRAMMAR.format(" | ".join(WORDS.read_text().split())))
    decoder.activate_search("words")
    return decoder
