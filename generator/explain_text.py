"""What ``fleet explain`` prints: for people, and for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import yaml

from generator.explain import Explanation, Step
from generator.hiera import Entry, Result, Sensitive, Source
from generator.reach import FileReach, Reach

_SHORT = 60
_NAMES = 4


def text(explanation: Explanation) -> str:
    """Return the value, the way to it, and the nodes that share it."""
    node, result = explanation.node, explanation.result
    lines = [
        _yaml(result.value) if result.found else _missing(explanation),
        "",
        f"{result.key} on {node.certname} (role {node.role}, environment {node.environment}):",
        *_table(
            [
                (step.entry.level.title, _place(step.entry), _outcome(step, result))
                for step in explanation.steps
            ]
        ),
        f"merge: {_merge(result)}",
    ]
    if converted := _conversion(result):
        lines.append(f"convert_to: {converted}")
    if explanation.encrypted:
        lines.append("encrypted: data has what eyaml made of it (ENC[…]); nodes get what that stands for")
    lines.append(
        f"the same from the same place: {_of(explanation.sharing, explanation.known)}"
        f"{_names(explanation.sharing)}"
    )
    return "\n".join(lines)


def data(explanation: Explanation) -> dict[str, Any]:
    """Return the same for ``--json``."""
    result = explanation.result
    source = result.source
    return {
        "node": explanation.node.certname,
        "key": result.key,
        "found": result.found,
        "value": result.value,
        "otherwise": explanation.otherwise,
        "encrypted": explanation.encrypted,
        "merge": result.strategy.configuration(),
        "convert_to": result.options.convert_to if result.options else None,
        "converted": not result.unconverted,
        "lookup_options": source and {"path": str(source.path), "line": source.line, "column": source.column},
        "trail": [
            _entry(step.entry) | {"used": step.asked and step.entry.found and result.found}
            for step in explanation.steps
        ],
        "known": explanation.known,
        "sharing": explanation.sharing,
    }


def file_text(reach: FileReach) -> str:
    """Return which nodes each key of a file, which some node reads, reaches."""
    assert reach.level
    readers = f"{_of(reach.readers, reach.known)}{_names(reach.readers)}"
    head = f"{reach.path} ({reach.level.title}): read by {readers}"
    rows = [(f"{found.line}", found.key, _reached(found, reach)) for found in reach.keys]
    return "\n".join([head, *_table(rows)])


def file_data(reach: FileReach) -> dict[str, Any]:
    """Return the same for ``--json``."""
    return {
        "path": str(reach.path),
        "level": reach.level and reach.level.title,
        "known": reach.known,
        "readers": reach.readers,
        "keys": [
            {
                "key": found.key,
                "line": found.line,
                "merges": found.merges,
                "nodes": found.nodes,
                "hidden_by": {str(place.path): len(nodes) for place, nodes in _hiders(found)},
            }
            for found in reach.keys
        ],
    }


class _Dumper(yaml.SafeDumper):
    """Writes a secret as the word that stands for it."""


_Dumper.add_representer(Sensitive, lambda dumper, secret: dumper.represent_str(str(secret)))


def _yaml(value: Any) -> str:
    written = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=False, allow_unicode=True, sort_keys=False, width=110
    )
    return written.removesuffix("...\n").rstrip("\n")


def _place(entry: Entry) -> str:
    if entry.path is None:
        return "-"
    return f"{entry.path}:{entry.line}" if entry.line else str(entry.path)


def _absent(entry: Entry) -> str:
    if entry.path is None:
        return "no file for this node"
    return "not in it" if entry.exists else "no such file"


def _outcome(step: Step, result: Result) -> str:
    if not step.entry.found:
        return _absent(step.entry)
    if not step.asked:
        how = "not seen"
    elif not result.found:
        how = "nothing there by the rest of the key"
    else:
        how = "merged" if result.strategy.merges else "wins"
    return f"{_short(step.entry.value)} ({how})"


def _short(value: Any) -> str:
    plain = isinstance(value, str | Sensitive)
    written = str(value) if plain else json.dumps(value, ensure_ascii=False, default=str)
    written = written.replace("\n", "\\n")
    return written if len(written) <= _SHORT else f"{written[: _SHORT - 1]}…"


def _missing(explanation: Explanation) -> str:
    return f"no value: {explanation.otherwise}" if explanation.otherwise else "no value"


def _conversion(result: Result) -> str | None:
    """Say what became of convert_to; None where there is none."""
    to = result.options.convert_to if result.options else None
    if to is not None:
        after = "not applied, only Puppet can: the value is as before it" if result.unconverted else "applied"
        return f"{json.dumps(to)}, {after}"
    if result.unconverted:
        return "a value that is looked up in this one is as before its own, which only Puppet can apply"
    return None


def _merge(result: Result) -> str:
    configuration = result.strategy.configuration()
    said = configuration if isinstance(configuration, str) else json.dumps(configuration)
    if result.options and result.source and result.options.merge:
        where = f"{result.source.path}:{result.source.line}"
        return f"{said}, as lookup_options say of {result.options.pattern} ({where})"
    return f"{said} (no lookup_options say otherwise)"


def _reached(found: Reach, reach: FileReach) -> str:
    winners = [str(place.path) for place, _ in _hiders(found)]
    if not found.nodes:
        more = f" and {len(winners) - 2} more" if len(winners) > 2 else ""
        return f"no node sees it: {', '.join(winners[:2])}{more} always win{'' if winners[1:] else 's'}"
    seen = "all of them" if found.nodes == reach.readers else f"{_count(found.nodes)}{_names(found.nodes)}"
    hidden = len(reach.readers) - len(found.nodes)
    own = f"; {hidden} more {'has its' if hidden == 1 else 'have their'} own" if hidden else ""
    return f"{seen}{', merged' if found.merges else ''}{own}"


def _hiders(found: Reach) -> list[tuple[Source, list[str]]]:
    """Return the places that hide a key, those that hide it from most nodes first."""
    return sorted(found.hidden_by.items(), key=lambda entry: -len(entry[1]))


def _count(names: Sequence[str]) -> str:
    return f"{len(names)} node{'' if len(names) == 1 else 's'}"


def _of(names: Sequence[str], known: int) -> str:
    return f"{len(names)} of {known} known node{'' if known == 1 else 's'}"


def _names(names: Sequence[str]) -> str:
    if not names:
        return ""
    return f" ({', '.join(names) if len(names) <= _NAMES else f'{names[0]} … {names[-1]}'})"


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "level": entry.level.title,
        "path": entry.path and str(entry.path),
        "exists": entry.exists,
        "found": entry.found,
        "line": entry.line,
        "column": entry.column,
        "value": entry.value,
    }


def _table(rows: Sequence[tuple[str, str, str]]) -> list[str]:
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    return [f"  {first:<{widths[0]}}  {second:<{widths[1]}}  {third}" for first, second, third in rows]
