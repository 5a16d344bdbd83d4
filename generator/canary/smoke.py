"""A request that each member of a cohort has to answer, where the settings want one."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from generator.bounded import Begun, Unfinished
from generator.errors import reason

#: Seconds for an answer, and before a second try.
TIMEOUT, PAUSE = 5.0, 2.0
#: Seconds for all of them; members that are asked at once, and at all in a pass.
LIMIT, AT_ONCE, MOST = 60.0, 16, 200


class _NoRedirect(HTTPRedirectHandler):
    """What leads elsewhere is no answer of the member's."""

    def redirect_request(self, *_: object) -> Request | None:
        """Follow nothing."""
        return None


@dataclass(frozen=True)
class Smoke:
    """Asks at ``urls``, by service, with the certname in place of ``{certname}``; ``ca`` vouches for them."""

    urls: Mapping[str, str]
    ca: Path | None = None
    pause: float = PAUSE

    def failed(self, service: str, names: Sequence[str]) -> tuple[str, ...]:
        """Ask members, and say of those that twice gave no 200 what they did, a clause each."""
        url = self.urls.get(service)
        if url is None:
            return ()
        waiting: SimpleQueue[str] = SimpleQueue()
        for name in names[:MOST]:
            waiting.put(name)
        end = time.monotonic() + LIMIT
        asking = [Begun(lambda: self._ask_some(url, waiting, end)) for _ in range(min(AT_ONCE, len(names)))]
        found: list[str] = []
        for one in asking:
            try:
                found += one.result(end + 2 * TIMEOUT - time.monotonic())
            except Unfinished:
                found.append("a member's answer does not come to an end")
        return tuple(sorted(found))

    def _ask_some(self, url: str, waiting: SimpleQueue[str], end: float) -> list[str]:
        failed = []
        while time.monotonic() < end:
            try:
                name = waiting.get_nowait()
            except Empty:
                break
            address = url.replace("{certname}", name)
            if self._ask(address) is not None:
                time.sleep(self.pause)  # a switch, or a packet that was lost
                if (why := self._ask(address)) is not None:
                    failed.append(f"{name} {why}")
        return failed

    def _ask(self, address: str) -> str | None:
        handlers = [ProxyHandler({}), _NoRedirect()]
        if address.startswith("https:"):
            context = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
            handlers.append(HTTPSHandler(context=context))
        try:
            with build_opener(*handlers).open(Request(address), timeout=TIMEOUT) as answer:
                answer.read(1 << 20)
        except HTTPError as error:
            return f"answers {error.code}"
        except Exception as error:
            return f"cannot be asked ({reason(error)})"
        return None
