"""Requests and answers of the bulk protocol, by "Bulk API" of both references. Data in, data out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shipper.documents import Document
from shipper.errors import Unavailable

#: Bytes of a request: far below http.max_content_length (100 MB), and what a proxy may take.
REQUEST = 5 * 1024 * 1024


@dataclass(frozen=True)
class Rejected:
    """A document that the endpoint will never take, and what it said."""

    document: Document
    status: int
    reason: str


def requests(documents: Iterable[Document], limit: int = REQUEST) -> Iterator[list[Document]]:
    """Cut a batch into requests of at most ``limit`` bytes, each of one document at least."""
    batch: list[Document] = []
    size = 0
    for document in documents:
        bytes_ = len(_lines(document))
        if batch and size + bytes_ > limit:
            yield batch
            batch, size = [], 0
        batch.append(document)
        size += bytes_
    if batch:
        yield batch


def body(documents: Iterable[Document]) -> bytes:
    """Write the body of a request: `create`, so that a document that is there stays as it is."""
    return b"".join(_lines(document) for document in documents)


def _lines(document: Document) -> bytes:
    head = json.dumps({"create": {"_index": document.index, "_id": document.id}})
    return f"{head}\n{document.text}\n".encode()


def rejected(documents: Sequence[Document], answer: Any) -> list[Rejected]:
    """Read the answer to a request: which documents will never be taken.

    Raises Unavailable where one of them was not taken for now; a 409 is a document that was there already.
    """
    try:
        items = [item["create"] for item in answer["items"]]
        statuses = [int(item["status"]) for item in items]
    except (KeyError, TypeError, ValueError):
        raise Unavailable("the answer to a bulk request is none of Elasticsearch's") from None
    if len(items) != len(documents):
        raise Unavailable(f"{len(documents)} documents were sent, and the answer is about {len(items)}")
    found: list[Rejected] = []
    later: list[str] = []
    for document, item, status in zip(documents, items, statuses):
        if status in (200, 201, 409):
            continue
        if of_the_document(status, item.get("error")):
            found.append(Rejected(document, status, said(item.get("error"))))
        else:
            later.append(f"{status} {said(item.get('error'))}".strip())
    if later:
        raise Unavailable(f"{len(later)} of {len(documents)} documents were not taken: {later[0]}")
    return found


def of_the_document(status: int, error: object) -> bool:
    """Say whether a refusal is about the document itself, and will be the same for ever.

    A 400 of `validation_exception` is about the cluster (it has all the shards that it may have), as are 403
    (a full disk made an index read-only) and 404.
    """
    kind = error.get("type") if isinstance(error, dict) else None
    return status == 413 or (status == 400 and kind is not None and kind != "validation_exception")


def said(error: object) -> str:
    """One line of what the endpoint said."""
    if isinstance(error, dict):
        error = f"{error.get('type', '')}: {error.get('reason', '')}"
    return " ".join(str(error or "").split())[:300]
