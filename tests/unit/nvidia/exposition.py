"""Prometheus's text format, read strictly: what the node exporter's parser refuses, or would merge, is an error here."""

from __future__ import annotations

import re

_NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
_SAMPLE = re.compile(rf"({_NAME})(?:\{{({_LABEL}(?:,{_LABEL})*)\}})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)")
_ESCAPES = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}

#: A sample's name, and its labels in order.
Series = tuple[str, tuple[tuple[str, str], ...]]


def read(text: str) -> dict[Series, float]:
    """Read all samples: each metric in one block with HELP and TYPE before it, each series once, a line feed last."""
    assert text.endswith("\n") and "\r" not in text
    found: dict[Series, float] = {}
    seen: set[str] = set()
    lines = text[:-1].split("\n")
    while lines:
        help_line, type_line = lines.pop(0), lines.pop(0)
        metric = re.fullmatch(rf"# HELP ({_NAME}) \S.*", help_line)
        assert metric, help_line
        name = metric[1]
        kind = re.fullmatch(rf"# TYPE {name} (gauge|counter)", type_line)
        assert kind, type_line
        assert (kind[1] == "counter") == name.endswith("_total"), name
        assert name not in seen, f"{name} has two blocks"
        seen.add(name)
        while lines and not lines[0].startswith("#"):
            sample = _SAMPLE.fullmatch(lines[0])
            assert sample, lines[0]
            assert sample[1] == name, f"{sample[1]} in the block of {name}"
            series = (name, tuple(_labels(sample[2] or "")))
            assert series not in found, f"twice: {series}"
            found[series] = float(sample[len(sample.groups())])
            lines.pop(0)
    return found


def _labels(text: str) -> list[tuple[str, str]]:
    return [
        (name, re.sub(r'\\["\\n]', lambda escape: _ESCAPES[escape[0]], value))
        for name, value in re.findall(_LABEL, text)
    ]
