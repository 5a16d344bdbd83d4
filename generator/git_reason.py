"""Why git could not read a repository elsewhere: one line of all that it and its helpers printed."""

from __future__ import annotations

import re

#: What is printed -> what is wrong, and the cure. The first that is found counts.
_KNOWN = (
    (
        re.compile(r"could not read (Username|Password)|Authentication failed"),
        "it asks for a password, which fleet never gives (is the address right, the repository public?)",
    ),
    (
        re.compile(r"HOST IDENTIFICATION HAS CHANGED"),
        "its host key is not the one that ssh knows (is it the right host? then renew it in known_hosts)",
    ),
    (
        re.compile(r"Host key verification failed"),
        "ssh does not know its host key (connect by ssh once and compare the key, then try again)",
    ),
    (
        re.compile(r"Permission denied \("),
        "ssh is not let in, and fleet gives no password (is the address right, the key in ssh-agent?)",
    ),
)
_NOISE = re.compile(r"\s*$|(warning|hint|remote|Please make sure)\b")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s']*@")


def reason(said: str) -> str:
    """Say in one line why git failed, of what it ``said`` on standard error."""
    for printed, meaning in _KNOWN:
        if printed.search(said):
            return meaning
    lines = [line for line in said.splitlines() if not _NOISE.match(line)] or ["git failed without a word"]
    return plain(without_credentials(re.sub(r"^(fatal|error): ", "", lines[0].strip())))


def plain(text: str) -> str:
    """``text`` of another host, with nothing in it that a terminal would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def without_credentials(text: str) -> str:
    """``text`` without the user names and passwords of the addresses in it: a token may be either."""
    return _CREDENTIALS.sub("", text)
