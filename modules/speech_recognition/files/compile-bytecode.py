# Rendered by fleet render from templates/module/files/compile-bytecode.py.j2: edit that, not this file.
"""usage: ENVIRONMENT/bin/python compile-bytecode ENVIRONMENT OTHER...

Compiles all modules of a Python environment, so that no start of a service has to, which may not write there.
What other environments have compiled of the very same file (uv links files out of its cache) is linked, which
saves a second release time and disk.
"""

import compileall
import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.util import cache_from_source


def sources(environment: str) -> Iterator[str]:
    """The modules of an environment, as paths below it."""
    for folder, _, names in os.walk(environment):
        for name in names:
            if name.endswith(".py"):
                yield os.path.relpath(os.path.join(folder, name), environment)


def linked(source: str, twin: str) -> bool:
    """Whether what ``twin`` compiled to could be linked for ``source``, which is the same file."""
    compiled = cache_from_source(source)
    try:
        if os.path.samefile(source, twin):
            os.makedirs(os.path.dirname(compiled), exist_ok=True)
            os.link(cache_from_source(twin), compiled)
            return True
    except OSError:
        pass
    return os.path.exists(compiled)


def compile_all(modules: Iterable[str]) -> None:
    """Compile modules, on all cores; one for another version of Python, as packages bring, is left alone."""
    with ProcessPoolExecutor() as pool:
        for module in modules:
            pool.submit(compileall.compile_file, module, quiet=2)


if __name__ == "__main__":
    environment, *others = sys.argv[1:]
    compile_all(
        os.path.join(environment, module)
        for module in sources(environment)
        if not any(linked(os.path.join(environment, module), os.path.join(other, module)) for other in others)
    )
