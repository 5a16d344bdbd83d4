"""Lines of templates and programs that know one service from another by its name, which none is to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from generator.definition import load_services
from generator.service import Service

#: What the pattern is made of. The lab is not: it brings up nodes with services that it chose.
TEMPLATES, PROGRAMS, LAB = "templates", ("generator", "modules/releases"), "generator/lab/"


def naming(root: Path) -> list[str]:
    """List the lines below ``root``, each as its place, in which a service of its definitions is named.

    In a template every mention counts, comments too. In a program a name counts that decides something: not in a
    comment, and not in a text for people, who are shown what a command looks like.
    """
    words = {word for service in load_services(root / "hieradata" / "services") for word in _words(service)}
    name = re.compile("|".join(sorted(map(re.escape, words), key=len, reverse=True)), re.IGNORECASE)
    found = []
    for folder in (TEMPLATES, *PROGRAMS):
        for path in sorted((root / folder).rglob("*")):
            place = path.relative_to(root).as_posix()
            if path.is_file() and "__pycache__" not in place and not place.startswith(LAB):
                text = path.read_bytes().decode(errors="replace")
                lines = _lines(text, path.suffix, is_template=folder == TEMPLATES)
                found += [f"{place}:{number}" for number, line in lines if name.search(line)]
    return sorted(set(found))


def _words(service: Service) -> Iterator[str]:
    """Yield what a service is called: its name, its accounts, and its repository."""
    yield from (service.name, service.accounts.run, service.accounts.build)
    yield re.sub(r"\.git$", "", service.source).rpartition("/")[2]


def _lines(text: str, suffix: str, *, is_template: bool) -> Iterator[tuple[int, str]]:
    """Yield what counts of a file, with the number of its line."""
    if suffix == ".py" and not is_template:
        yield from _python(ast.parse(text))
        return
    for number, line in enumerate(text.splitlines(), 1):
        yield number, line if is_template else re.sub(r"(^|\s)#.*", "", line)


def _python(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield names, and texts that are one word: a text for people has a space."""
    for node in ast.walk(module):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and not re.search(r"\s", node.value)
        ):
            yield node.lineno, node.value
        elif isinstance(node, ast.Name | ast.Attribute | ast.arg | ast.FunctionDef | ast.ClassDef):
            called = {ast.Name: "id", ast.Attribute: "attr", ast.arg: "arg"}.get(type(node), "name")
            yield node.lineno, getattr(node, called)
