"""The text normaliser: as upstream's, it builds tables beside its code, and reads them from then on."""

from __future__ import annotations

from pathlib import Path

CACHE = Path(__file__).parent / "tagger_cache"


class TextNormalizer:
    """Normalises nothing here, but wants its tables."""

    def load(self) -> None:
        """Build the tables where they are not there; a checkout that denies that stops the start."""
        tables = CACHE / "zh_tn_tagger.fst"
        if not tables.exists():
            CACHE.mkdir(exist_ok=True)
            tables.write_text("tables\n")
            print(f">> {tables} is built", flush=True)
