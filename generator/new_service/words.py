"""Words of another repository as text that a definition, a manifest and a terminal can hold."""

from __future__ import annotations

import re

from generator.definition_schema import TEXT

_ADDRESS = re.compile(r"\b(?:https?|git|ssh|ftp)://[^\s'\"<>)\]]*")
_TEXT = re.compile(TEXT.replace("$", r"\Z"))


def line(text: str, most: int) -> str:
    r"""Return ``text`` as one line of at most ``most`` letters, with nothing in it that anything obeys.

    What YARD takes for a tag or a link (``@x``, ``{x}``) is left as words, and addresses are left out: which
    hosts files of a control repository name is for it to say.

    >>> line("a\x1b[2J  @tag\n{b} \\", 20)
    'a [2J tag (b)'
    """
    text = text[: 20 * most]  # and no more work for a longer one
    shown = "".join(letter if letter.isprintable() and _TEXT.match(letter) else " " for letter in text)
    shown = _ADDRESS.sub("(an address)", shown)
    plain = re.sub(r"(?<![\w@])@+(?=\w)", "", shown).translate(str.maketrans("{}", "()"))
    words = " ".join(plain.split())
    if len(words) > most:
        words = words[: most - 1].rpartition(" ")[0] or words[: most - 1]
        words = f"{words.rstrip()}…"
    return words.rstrip("\\ ")


def sentence(text: str, most: int = 300) -> str:
    """Return ``text`` as :func:`line` does, with a capital first and a full stop last.

    >>> sentence("the port")
    'The port.'
    """
    words = line(text, most)
    words = words[:1].upper() + words[1:]
    return words if not words or words[-1] in ".!?…)" else f"{words}."


def listed(names: list[str], most: int = 6) -> str:
    """Return some of ``names`` as a list in a sentence, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
