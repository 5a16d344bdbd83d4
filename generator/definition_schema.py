"""The shape of a service definition and of the pattern, as JSON Schema (draft 7)."""

from __future__ import annotations

from typing import Any

#: Words of Puppet's language, names of its data types, and modules that are not ours to render.
RESERVED_MODULES = frozenset(
    "and application attr case class consumes default define else elsif environment false function if"
    " import in inherits main module node or plan private produces settings site true type undef unless"
    " any array boolean collection enum float hash init integer numeric object optional pattern regexp"
    " runtime scalar semver semverrange sensitive string struct timespan timestamp tuple typeset unit"
    " variant gateway inifile nvidia profile record releases role stdlib units vcsrepo weights".split()
)

#: Metaparameters of every class, and variables that Puppet sets in every scope.
RESERVED_PARAMETERS = frozenset(
    "alias audit before consume export facts loglevel module_name name noop notify require schedule"
    " server_facts settings stage subscribe tag title trusted caller_module_name environment_name".split()
)

#: Variables of the class itself, which a parameter cannot be.
INIT_VARIABLES = frozenset(
    "build_dir build_variables cache_hub config_dir digest libexec_dir pin release release_dir"
    " releases_dir state_dir weights_dir".split()
)

#: Noncharacters: systemd takes a line with one for broken UTF-8, and leaves it out.
_NEVER = r"\ufdd0-\ufdef" + "".join(rf"\U{plane:04x}fffe\U{plane:04x}ffff" for plane in range(17))
#: Text that systemd can hand to a process.
TEXT = rf"^[^\x00-\x08\x0b-\x1f\x7f{_NEVER}]*$"


def _text(pattern: str, description: str, **more: Any) -> dict[str, Any]:
    """Text of a shape, and that shape in words that can follow "must be"."""
    return {"type": "string", "pattern": pattern, "description": description, **more}


def _names(description: str) -> dict[str, Any]:
    """What the keys of a mapping are, in words that can follow "known:"."""
    # fastjsonschema 2.21, which Debian 13 has, makes no Python of a description alone
    return {"description": description, "type": "string"}


_BREAKS = rf"\x00-\x1f\x7f\x85\u2028\u2029{_NEVER}"
_LINE = rf"^(?! )[^{_BREAKS}]*[^{_BREAKS} \\]$"
_ONE_LINE = "one line of text that begins with no space and ends in no space or backslash"
_FLAG = _text(r"^--[A-Za-z0-9][A-Za-z0-9_-]*$", "a long flag, such as --port")
_VARIABLE = _text(r"^[A-Za-z_][A-Za-z0-9_]*$", "the name of an environment variable, such as HOME")
_ACCOUNT = _text(
    r"^[a-z_][a-z0-9_-]{0,30}$",
    "the name of an account: at most 31 lower-case letters, digits, _ and -, such as tts-user",
)
_PACKAGES = {
    "type": "array",
    "items": _text(r"^[A-Za-z0-9][A-Za-z0-9.+_-]*$", "the name of a package, such as ffmpeg"),
}
_STEP = r"(?!\.\.?(/|$))[A-Za-z0-9_.][A-Za-z0-9_.-]*"
_BELOW = _text(
    rf"^(?!\.(git|venv)(/|$)){_STEP}(/{_STEP})*$",
    "a relative path without .. and not in .git or .venv, of letters, digits and . _ -",
)
_FOLDERS = {"type": "array", "items": _BELOW, "uniqueItems": True}
_FILL = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": 1,
    "description": "one of python, a line that makes what is in it, and weights, a folder of them",
    "additionalProperties": False,
    "properties": {
        "python": _text(_LINE, _ONE_LINE),
        "weights": _text(rf"^\.$|{_BELOW['pattern']}", f"{_BELOW['description']}; or . for all of them"),
    },
}
_ABSOLUTE = _text(
    r"^(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+$",
    "an absolute path of letters, digits and . _ -, such as /opt/echo",
)

_PAGE = _text(r"^/[A-Za-z0-9_./-]*$", "the path of a page, such as /config")
_FIELD = _text(r"^[A-Za-z_][A-Za-z0-9_]*$", "the name of a field, such as session_hash")
_STEPS = _text(
    r"^([A-Za-z_][A-Za-z0-9_]*|\*)(\.([A-Za-z_][A-Za-z0-9_]*|\*))*$",
    "the names that lead to a field of JSON, with * for whatever name, such as exec_info.queue_remaining",
)
_PAGES = {"type": "array", "items": _PAGE, "uniqueItems": True}
_WORD = _text(r"^[A-Za-z0-9_.:=/-]+$", "a word of letters, digits and . _ : = / -")

#: Jobs of an HTTP API, and what a service without Gradio's queue says of them.
_REQUESTS = {
    "type": "object",
    "required": ["paths"],
    "additionalProperties": False,
    "properties": {
        "paths": {**_PAGES, "minItems": 1, "description": "a list of paths, one at least"},
        "queue": {
            "type": "object",
            "required": ["answer", "results", "left", "count"],
            "additionalProperties": False,
            "properties": {
                "answer": _FIELD,
                "results": {**_PAGES, "minItems": 1, "description": "a list of paths, one at least"},
                "left": _PAGE,
                "count": _STEPS,
            },
        },
        "idle": _PAGES,
        "smoke": {
            "type": "object",
            "required": ["path", "answer"],
            "additionalProperties": False,
            "properties": {
                "path": _PAGE,
                "answer": _STEPS,
                "file": _FIELD,
                "form": {
                    "type": "object",
                    "additionalProperties": False,
                    "propertyNames": _names("names of fields, such as model"),
                    "patternProperties": {_FIELD["pattern"]: _text(_LINE, _ONE_LINE)},
                },
            },
        },
    },
}

_PARAMETER = {
    "type": "object",
    "required": ["type", "doc"],
    "anyOf": [{"required": ["flag"]}, {"required": ["env"]}],
    "description": "a parameter with a flag or an env, since it would change nothing otherwise",
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string"},
        "default": {},
        "doc": _text(
            TEXT.replace("*$", r"*\S") + TEXT.removeprefix("^"), "a sentence without control characters"
        ),
        "flag": _FLAG,
        "env": _VARIABLE,
    },
}

DEFINITION: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["name", "title", "summary", "source", "port", "accounts", "entry_point", "listen", "ready"],
    "additionalProperties": False,
    "properties": {
        "name": _text(
            r"^[a-z][a-z0-9_]{0,23}$",
            "a name that Puppet takes: a lower-case letter, then at most 23 of a-z, 0-9 and _",
        ),
        "title": _text(_LINE, _ONE_LINE, maxLength=100),
        # metadata-json-lint takes no more
        "summary": _text(_LINE, f"{_ONE_LINE}, at most 144 characters", maxLength=144),
        "source": _text(_LINE, _ONE_LINE),
        "port": {
            "type": "integer",
            "minimum": 1,
            "maximum": 65533,
            "description": "a whole number from 1 to 65533",
        },
        "root": _ABSOLUTE,
        "gpu": {"type": "boolean"},
        "accounts": {
            "type": "object",
            "required": ["run", "build"],
            "additionalProperties": False,
            "properties": {"run": _ACCOUNT, "build": _ACCOUNT},
        },
        "entry_point": _BELOW,
        "flags_from": _BELOW,
        "start": {
            "type": "object",
            "required": ["module"],
            "additionalProperties": False,
            "properties": {
                "module": _text(
                    r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$",
                    "a module of Python, such as uvicorn",
                ),
                "arguments": {"type": "array", "items": _WORD},
            },
        },
        "listen": {
            "type": "object",
            "required": ["address_flag", "port_flag"],
            "additionalProperties": False,
            "properties": {"address_flag": _FLAG, "port_flag": _FLAG},
        },
        "ready": _PAGE,
        "jobs": {
            "type": "object",
            "required": ["join", "stream", "session"],
            "additionalProperties": False,
            "properties": {
                "join": _PAGE,
                "stream": _PAGE,
                "session": _FIELD,
                "call": {
                    "type": "object",
                    "required": ["path", "event"],
                    "additionalProperties": False,
                    "properties": {"path": _PAGE, "event": _FIELD},
                },
                "function": _FIELD,
                "idle": _PAGES,
            },
        },
        "requests": _REQUESTS,
        "extras": {"type": "array", "items": _text(r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", "the name of an extra")},
        "writable": _FOLDERS,
        "scratch": _FOLDERS,
        "filled": {
            "type": "object",
            "additionalProperties": False,
            "propertyNames": _names(_BELOW["description"]),
            "patternProperties": {_BELOW["pattern"]: _FILL},
        },
        "weights": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"flag": _FLAG},
        },
        "packages": {
            "type": "object",
            "additionalProperties": False,
            "propertyNames": _names("all, a family such as Debian, or a system such as Debian-12"),
            "patternProperties": {r"^[A-Za-z][A-Za-z0-9.-]*$": _PACKAGES},
        },
        "environment": {
            "type": "object",
            "additionalProperties": False,
            "propertyNames": _names("names of environment variables, such as HOME"),
            "patternProperties": {
                _VARIABLE["pattern"]: {
                    "description": "text without control characters, or a path below a room: {state: cache}",
                    "oneOf": [
                        {"type": "string", "pattern": TEXT},
                        {
                            "type": "object",
                            "minProperties": 1,
                            "maxProperties": 1,
                            "additionalProperties": False,
                            "properties": {"state": _BELOW, "cache_hub": _BELOW, "weights": _BELOW},
                        },
                    ],
                }
            },
        },
        "parameters": {
            "type": "object",
            "additionalProperties": False,
            "propertyNames": _names("names that Puppet takes: a lower-case letter, then a-z, 0-9 and _"),
            "patternProperties": {r"^[a-z][a-z0-9_]*$": _PARAMETER},
        },
    },
}
