"""Delivers a batch: what is not there yet is sent, what will never be taken is kept in a file."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from shipper import bulk
from shipper.documents import Document
from shipper.endpoint import Endpoint
from shipper.errors import Unavailable

#: Seconds after which the rest of a batch is left for the next time.
PATIENCE = 25


class Delivery:
    """Remembers what of the batch in hand is done, so that a batch that comes again goes on where it was."""

    def __init__(
        self,
        endpoint: Endpoint,
        reject: Callable[[Sequence[bulk.Rejected]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Deliver to ``endpoint``, and give what it will never take to ``reject``."""
        self._endpoint = endpoint
        self._reject = reject
        self._clock = clock
        self._end = 0.0
        self._done: set[tuple[str, str]] = set()

    def deliver(self, documents: Sequence[Document]) -> None:
        """Return when each of them is kept, by the endpoint or as rejected; raises Unavailable."""
        self._end = self._clock() + PATIENCE
        left = [one for one in documents if (one.index, one.id) not in self._done]
        for request in bulk.requests(left):
            self._send(request)
        self._done.clear()

    def _send(self, documents: Sequence[Document]) -> None:
        if self._clock() > self._end:
            raise Unavailable(f"the documents took more than {PATIENCE} s; the rest follows")
        status, answer = self._endpoint.ask("POST", "/_bulk", bulk.body(documents), "application/x-ndjson")
        if status == 200:
            self._are_done(documents, bulk.rejected(documents, answer))
            return
        error = answer.get("error") if isinstance(answer, dict) else None
        if not bulk.of_the_document(status, error):
            raise Unavailable(f"the endpoint answers {status}: {bulk.said(error)}".rstrip(": "))
        if len(documents) > 1:
            # one of them is it
            middle = len(documents) // 2
            self._send(documents[:middle])
            self._send(documents[middle:])
        else:
            self._are_done(documents, [bulk.Rejected(documents[0], status, bulk.said(error))])

    def _are_done(self, documents: Sequence[Document], rejected: Sequence[bulk.Rejected]) -> None:
        if rejected:
            self._reject(rejected)
        self._done.update((one.index, one.id) for one in documents)
