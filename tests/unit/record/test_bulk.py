"""Requests, answers, and which of a batch has to come again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipper import bulk
from shipper.delivery import Delivery
from shipper.documents import Document
from shipper.endpoint import Endpoint as Client
from shipper.errors import Unavailable
from shipper.transactions import follow
from tests.bulk import POISON, Endpoint


def document(id_: str, text: str = '{"a":"b"}') -> Document:
    return Document("fleet-reports-2026.11.27", id_, text)


def answer(*items: tuple[int, str | None]) -> dict[str, Any]:
    return {
        "errors": True,
        "items": [
            {"create": {"status": status, **({"error": {"type": kind, "reason": "so"}} if kind else {})}}
            for status, kind in items
        ],
    }


@given(
    st.lists(st.integers(min_value=0, max_value=300), max_size=30), st.integers(min_value=1, max_value=500)
)
def test_requests_hold_every_document_in_its_order_and_are_small(sizes: list[int], limit: int) -> None:
    documents = [document(str(at), "x" * size) for at, size in enumerate(sizes)]
    requests = list(bulk.requests(documents, limit))
    assert [one for request in requests for one in request] == documents
    assert all(len(request) == 1 or len(bulk.body(request)) <= limit for request in requests)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (429, "es_rejected_execution_exception"),
        (503, "unavailable_shards_exception"),
        (403, "cluster_block_exception"),
        (404, "index_not_found_exception"),
        (400, "validation_exception"),
        (400, None),
    ],
)
def test_what_is_not_the_documents_fault_comes_again(status: int, kind: str | None) -> None:
    with pytest.raises(Unavailable, match=f"1 of 2 documents were not taken: {status}"):
        bulk.rejected([document("1"), document("2")], answer((201, None), (status, kind)))


def test_what_is_the_documents_fault_is_named_and_what_was_there_is_done() -> None:
    said = answer(
        (201, None), (409, "version_conflict_engine_exception"), (400, "document_parsing_exception")
    )
    (found,) = bulk.rejected([document("1"), document("2"), document("3")], said)
    assert (found.document.id, found.status, found.reason) == ("3", 400, "document_parsing_exception: so")


@pytest.mark.parametrize("said", [None, [], {}, {"items": [{}]}, {"items": []}, answer()])
def test_an_answer_that_says_nothing_of_a_document_is_none(said: object) -> None:
    with pytest.raises(Unavailable):
        bulk.rejected([document("1")], said)


def test_a_batch_goes_on_where_it_was(elastic: Endpoint, client: Client) -> None:
    """Of three requests, the second fails; what was done is not sent again, and what is refused is told once."""
    refused: list[bulk.Rejected] = []
    delivery = Delivery(client, refused.extend)
    text = '{"a":"' + "x" * 3_000_000 + '"}'
    batch = [document("1", text), document("2", f'{{"a":"{POISON}"}}'), document("3", text)]
    ask = client.ask
    bodies = iter([True, False])

    def flaky(*what: Any) -> tuple[int, Any]:
        if next(bodies, True):
            return ask(*what)
        return 503, None

    client.ask = flaky  # type: ignore[method-assign, assignment]
    with pytest.raises(Unavailable, match="answers 503"):
        delivery.deliver(batch)
    delivery.deliver(batch)
    assert elastic.store.attempts == {"1": 1, "2": 1, "3": 1}
    assert [one.document.id for one in refused] == ["2"]


def test_a_request_that_is_refused_as_a_whole_is_cut_down_to_what_it_is_about(
    elastic: Endpoint, client: Client
) -> None:
    refused: list[bulk.Rejected] = []
    delivery = Delivery(client, refused.extend)
    ask = client.ask

    def proxy(method: str, path: str, content: bytes, kind: str) -> tuple[int, Any]:
        return (413, None) if b"big" in content else ask(method, path, content, kind)

    client.ask = proxy  # type: ignore[method-assign, assignment]
    delivery.deliver([document("1"), document("2"), document("3", '{"a":"big"}'), document("4")])
    assert {id_ for _, id_ in elastic.store.documents} == {"1", "2", "4"}
    assert [(one.document.id, one.status) for one in refused] == [("3", 413)]


def test_a_transaction_is_confirmed_when_it_is_delivered_and_not_before() -> None:
    said: list[str] = []
    delivered: list[list[str]] = []

    def deliver(batch: Any) -> None:
        if len(batch) > 1:
            raise Unavailable("away\nfor now")
        delivered.append(list(batch))

    lines = [
        "BEGIN TRANSACTION\n",
        "a\n",
        "COMMIT TRANSACTION\n",
        "BEGIN TRANSACTION\n",
        "b\n",
        "c\n",
        "COMMIT TRANSACTION\n",
    ]
    follow(lines, said.append, deliver)
    assert said == [
        "OK",
        "OK",
        "DEFER_COMMIT",
        "OK",
        "OK",
        "DEFER_COMMIT",
        "DEFER_COMMIT",
        "Error: away for now",
    ]
    assert delivered == [["a"]]
