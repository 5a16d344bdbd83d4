"""``%{…}`` in data and in hiera.yaml: whether what each names exists.

Puppet puts nothing in its place where it does not, and says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from generator.puppet_types.nodes import suggestion
from generator.validate.finding import Finding, Severity, at
from generator.validate.repository import Repository
from generator.validate.texts import Texts, marked
from generator.validate.vocabulary import Vocabulary
from generator.yaml_scalars import short
from generator.yaml_source import Document, Step

#: Variables of every compile besides facts and trusted: Puppet's manual, "Facts and built-in variables".
BUILT_IN = frozenset(
    "environment server_facts servername serverip serverip6 serverversion clientcert clientversion clientnoop"
    " module_name caller_module_name".split()
)
TRUSTED = frozenset("authenticated certname domain external extensions hostname".split())
#: What `fleet join` has certificates say of their nodes.
EXTENSIONS = ("pp_role", "pp_environment")
#: Facts of before Puppet 8 that people still write, and what they are now: Facter's manual, "Core facts".
LEGACY = {
    "architecture": "os.architecture",
    "domain": "networking.domain",
    "fqdn": "networking.fqdn",
    "hostname": "networking.hostname",
    "ipaddress": "networking.ip",
    "lsbdistcodename": "os.distro.codename",
    "memorysize_mb": "memory.system.total",
    "operatingsystem": "os.name",
    "operatingsystemmajrelease": "os.release.major",
    "operatingsystemrelease": "os.release.full",
    "osfamily": "os.family",
    "processorcount": "processors.count",
}
FUNCTIONS = ("lookup", "alias", "literal", "scope", "hiera")
_NAME = re.compile(r"[a-z_]\w*(?:::\w+)*")
_OPEN = re.compile(r"%\{([^}]*)(\}?)")
_CALL = re.compile(r"""\s*(\w+)\(\s*(?:"([^"]*)"|'([^']*)')\s*\)\s*""")


def check_expressions(repository: Repository) -> Iterator[Finding]:
    """Yield the expressions of hiera.yaml and of each file that name nothing."""
    facts = list(repository.facts.values())
    yield from _expressions(repository.hiera, marked(repository.hiera.data), repository.vocabulary, facts)
    for document in repository.documents:
        yield from _expressions(document, repository.marked[document.path], repository.vocabulary, facts)


def _expressions(
    document: Document, found: Texts, vocabulary: Vocabulary, facts: Sequence[Mapping[str, Any]]
) -> Iterator[Finding]:
    for path, text in found:
        for complaint, severity in complaints(text, path, vocabulary, facts):
            yield at(document, path, complaint, severity=severity)


def complaints(
    text: str, path: Sequence[Step], vocabulary: Vocabulary, facts: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, Severity]]:
    """Yield what is wrong with the expressions in ``text``, which stands at ``path``, and how bad it is."""
    for expression, closed in _OPEN.findall(text):
        if (call := _CALL.fullmatch(expression)) and (complaint := _in_place(call, text, path)):
            yield complaint, Severity.WRONG
            continue
        if not closed:
            yield f"%{{{short(expression)} is never closed (a '}}' is missing)", Severity.WRONG
            break
        if complaint := _complaint(expression, vocabulary):
            yield complaint, Severity.WRONG
        elif complaint := _fact(expression, facts) or _extension(expression):
            yield complaint, Severity.WARNING  # a system, or a certificate, that is not known may have it


def _complaint(expression: str, vocabulary: Vocabulary) -> str | None:
    """Say what is wrong with an expression, whatever facts a node has."""
    shown = f"%{{{expression}}}"
    if call := _CALL.fullmatch(expression):
        return _call(shown, call[1], call[2] or call[3] or "", vocabulary)
    if "(" in expression:
        return f"{shown} is no call that Hiera knows (lookup('key'), alias('key'), literal('%'))"
    name = expression.strip()
    if not name:
        return None
    root, *steps = name.removeprefix("::").split(".")
    if root == "trusted":
        if steps and steps[0] not in TRUSTED:
            return f"{shown}: a certificate has no {steps[0]}{suggestion(steps[0], TRUSTED)}"
        return None
    if root == "facts" or root in BUILT_IN:
        return None
    if root in LEGACY:
        return f"{shown} is a legacy fact (write %{{facts.{LEGACY[root]}}})"
    if not _NAME.fullmatch(root):
        return f"{shown} names no variable that every node has (for a percent sign write %{{literal('%')}})"
    known: Collection[str] = {"facts", "trusted", *BUILT_IN}
    near = suggestion(root, known) or f" (a fact is %{{facts.{root}}})"
    return f"{shown} names no variable that every node has{near}"


def _in_place(call: re.Match[str], text: str, path: Sequence[Step]) -> str | None:
    """Say what is wrong with where a call stands."""
    shown, key = f"%{{{call[0].strip()}}}", (call[2] or call[3] or "").partition(".")[0]
    if call[1] == "alias" and text != f"%{{{call[0]}}}":
        return f"{shown} is no part of a text (write lookup)"
    if call[1] in ("lookup", "alias", "hiera") and key == path[0]:
        return f"{shown} leads back to itself"
    return None


def _call(shown: str, function: str, argument: str, vocabulary: Vocabulary) -> str | None:
    if function not in FUNCTIONS:
        return f"{shown}: Hiera has no {function}{suggestion(function, FUNCTIONS)}"
    if function == "scope":
        return _complaint(argument, vocabulary)
    if function in ("lookup", "alias", "hiera") and (
        complaint := vocabulary.complaint(argument.split(".")[0])
    ):
        return f"{shown}: {complaint}"
    return None


def _fact(expression: str, facts: Sequence[Mapping[str, Any]]) -> str | None:
    """Say that no known system has the fact that an expression names."""
    root, *steps = expression.strip().removeprefix("::").split(".")
    if root != "facts" or not facts or not steps or any(_has(known, steps) for known in facts):
        return None
    names = {name for known in facts for name in known}
    return f"no known system has the fact of %{{{expression}}}{suggestion(steps[0], names - {steps[0]})}"


def _extension(expression: str) -> str | None:
    """Say that no certificate that `fleet join` asks for has the extension that an expression names."""
    root, *steps = expression.strip().removeprefix("::").split(".")
    if root != "trusted" or steps[:1] != ["extensions"] or not steps[1:] or steps[1] in EXTENSIONS:
        return None
    return f"no known node has the extension of %{{{expression}}} (they have {' and '.join(EXTENSIONS)})"


def _has(value: Any, steps: Sequence[str]) -> bool:
    for step in steps:
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, Mapping) and step in value:
            value = value[step]
        else:
            return False
    return True
