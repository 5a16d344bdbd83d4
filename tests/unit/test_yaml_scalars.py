"""What is accepted unquoted by the strict reader, Psych and PyYAML read alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.yaml_scalars import Ambiguous, plain_scalar
from tests.unit.yaml_cases import AMBIGUOUS

likely_numbers = st.from_regex(r"[-+]?[0-9]{1,3}([.,_:][0-9]{1,3})?(e[-+]?[0-9])?", fullmatch=True)


@pytest.mark.puppet
def test_puppets_reader_agrees_on_unquoted_values(ruby: Callable[[str, Any], Any]) -> None:
    """What is accepted unquoted, Psych reads alike; dates, which nothing of ours takes for dates, aside."""
    scalars: list[str] = [
        *AMBIGUOUS,
        *". - + _1 1_ -_1 e5 .e5 -. 0.e+1 0. 1.5,0 y n Y N .1.2 1.2.3 +5 -0 -0.0".split(),
    ]

    @settings(max_examples=1500, database=None, derandomize=True)
    @given(text=st.text("0123456789.,_:+-eExXobnfityYrualsNOF~=<", min_size=1, max_size=7) | likely_numbers)
    def collect(text: str) -> None:
        scalars.append(text)

    collect()
    accepted = []
    for text in sorted(set(scalars)):
        try:
            events = list(yaml.parse(f"- {text}\n"))
            value = plain_scalar(text)
        except (yaml.YAMLError, Ambiguous):
            continue
        if len(events) == 7 and isinstance(events[3], yaml.ScalarEvent) and events[3].value == text:
            accepted.append((text, value))
    assert len(accepted) > 500
    assert sum(not isinstance(value, str) for _, value in accepted) > 200
    psych = ruby(
        "require 'yaml'; require 'date'\n"
        'values = input.map { |text| YAML.unsafe_load("- #{text}\\n")[0] }\n'
        "output = values.zip(input).map { |v, text| v.is_a?(Date) ? text : [v.class.name, v.to_s] }",
        [text for text, _ in accepted],
    )
    names = {"str": "String", "int": "Integer", "float": "Float", "NoneType": "NilClass"}
    for (text, value), theirs in zip(accepted, psych, strict=True):
        if isinstance(value, bool):
            ours = ["TrueClass" if value else "FalseClass", str(value).lower()]
        else:
            ours = [names[type(value).__name__], "" if value is None else str(value)]
        if isinstance(value, float) and isinstance(theirs, list):
            theirs[1] = str(float(theirs[1]))
        assert theirs in (ours, text), text
