"""One level of hiera.yaml, and the files that it reads."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generator.errors import InputError
from generator.hiera import cohort
from generator.hiera.glob import braces, expand, segment_regex
from generator.hiera.interpolation import interpolate
from generator.hiera.problem import Problem
from generator.hiera.scope import Scope

_EXPRESSION = re.compile(r"%\{[^}]*\}")


@dataclass(frozen=True, eq=False)
class Level:
    """A level: its ``templates`` are paths or globs below ``datadir``, all with ``%{…}`` in them.

    ``mapped`` is, for mapped_paths, the variable with the values and the name that each gets in the template.
    ``file`` and ``place`` say where the level is written; ``module`` is whose own level it is, if a module's.
    """

    name: str
    root: Path
    datadir: str
    templates: tuple[str, ...]
    file: Path
    place: tuple[int, int]
    reader: str = "yaml_data"
    is_glob: bool = False
    mapped: tuple[str, str] | None = None
    module: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    _found: dict[tuple[str, str], list[Path]] = field(default_factory=dict, repr=False)

    @property
    def title(self) -> str:
        """What to call the level where others are listed, too; a module's own are its business."""
        return f"module {self.module}" if self.module else self.name

    def candidates(self, scope: Scope) -> list[Path]:
        """Return the files that the level reads for a node, in order, be they there or not.

        Globs find what is there. The same text is the same object, whoever's scope it comes from.

        Raises:
            InputError: an expression that Puppet does not take.
        """
        try:
            datadir = interpolate(self.datadir, scope)
            return [path for text in self._texts(scope) for path in self._paths(datadir, text)]
        except Problem as problem:
            raise self.error(str(problem)) from None

    def asks(self, path: Path, root: str) -> bool:
        """Whether the level reads ``path`` for the key ``root``: a rollout's file is read for one alone."""
        return self.reader != cohort.READER or root == cohort.key_of(path)

    def error(self, message: str) -> InputError:
        """Return (not raise) the error that ``message`` holds for this level."""
        return InputError(self.file, *self.place, message)

    def patterns(self) -> list[re.Pattern[str]]:
        """Return what matches a path, relative to the root, that some node could make the level read.

        A variable stands for one name: neither empty nor with a slash in it.
        """
        whole = [f"{self.datadir}/{template}" for template in self.templates]
        if self.is_glob:
            texts = [text for template in whole for text in braces(_EXPRESSION.sub("\0", template))]
            return [re.compile(_glob_regex(text)) for text in texts]
        return [re.compile("[^/]+".join(map(re.escape, _EXPRESSION.split(text)))) for text in whole]

    def _texts(self, scope: Scope) -> list[str]:
        if self.mapped is None:
            return [interpolate(template, scope) for template in self.templates]
        variable, name = self.mapped
        values = scope.value(variable)
        if not values and values is not False:
            return []
        if not isinstance(values, str | list):
            raise Problem(
                f"{variable} is neither a text nor a list (mapped_paths begins with the name of such)"
            )
        values = [values] if isinstance(values, str) else values
        return [interpolate(self.templates[0], scope.with_local(name, value)) for value in values]

    def _paths(self, datadir: str, text: str) -> list[Path]:
        if (datadir, text) not in self._found:
            base = self.root / datadir
            self._found[datadir, text] = (
                [Path(path) for path in expand(str(base), text)] if self.is_glob else [base / text]
            )
        return self._found[datadir, text]


def _glob_regex(text: str) -> str:
    r"""Return what matches a glob in which ``\0`` stands for a variable."""
    out = []
    for segment in text.split("/"):
        if segment == "**":
            out.append(r"(?:(?!\.)[^/]+/)*")
        elif segment:
            out.append(segment_regex(segment).replace(re.escape("\0"), "[^/]+") + "/")
    return "".join(out).removesuffix("/")
