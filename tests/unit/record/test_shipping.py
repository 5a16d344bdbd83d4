"""Every report arrives exactly once, whatever the endpoint, the shipper and the file go through: on the real rsyslogd."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.bulk import POISON
from tests.unit.record.shipping import RSYSLOGD, Shipping, a_report

pytestmark = pytest.mark.puppet


def some(count: int = 7) -> list[dict[str, object]]:
    return [a_report(said=f'{n}: 你好 "quoted" \\ tab\t') for n in range(count)]


def test_a_report_arrives_as_it_was_written(shipping: Shipping) -> None:
    shipping.start()
    (report,) = some(1)
    ids = shipping.write([report])
    shipping.arrives(ids)
    ((index, document),) = [(at[0], one) for at, one in shipping.endpoint.store.documents.items()]
    assert index == "fleet-reports-2026.11.27"
    assert document == {"@timestamp": "2026-11-27T20:29:05.606000Z", **report}


@pytest.mark.parametrize("fault", ["429", "503", "items", "hangs", "gone"])
def test_what_was_written_while_the_endpoint_failed_arrives_when_it_is_back(
    shipping: Shipping, fault: str
) -> None:
    store = shipping.endpoint.store
    if fault == "gone":
        shipping.endpoint.go()
    elif fault == "hangs":
        store.hangs = 2
    elif fault == "items":
        store.refuses_items = 429
    else:
        store.refuses = int(fault)
    shipping.start()
    ids = shipping.write(some())
    if fault == "gone":
        shipping.is_queued(len(ids))
        shipping.endpoint.come()
    else:
        store.tried(1 if fault == "hangs" else 5)
    assert fault == "hangs" or not store.documents
    store.hangs, store.refuses, store.refuses_items = 0, None, None
    ids += shipping.write(some())
    shipping.arrives(ids)


def test_a_shipper_that_is_killed_goes_on_where_it_was(shipping: Shipping) -> None:
    """While it fills its queue from a file, and the endpoint is away; and once more when it has."""
    shipping.endpoint.go()
    ids = shipping.write(some(100))
    shipping.start()
    shipping.is_queueing(10)
    shipping.kill()
    shipping.start()
    shipping.is_queued(len(ids))
    shipping.kill()
    ids += shipping.write(some())
    shipping.start()
    shipping.endpoint.come()
    shipping.arrives(ids)


def test_what_is_in_the_queue_needs_no_file_any_more(shipping: Shipping) -> None:
    shipping.endpoint.go()
    shipping.start()
    ids = shipping.write(some())
    shipping.is_queued(len(ids))
    shipping.kill()
    shipping.reports.unlink()
    shipping.start()
    shipping.endpoint.come()
    shipping.arrives(ids)


def test_the_shortest_message_takes_what_the_length_of_the_queue_is_reckoned_by(shipping: Shipping) -> None:
    """Its bytes by record::queue_size, and not its messages (shipper.pp: 256 bytes each), end what may wait."""
    shipping.endpoint.go()
    # nothing is looked at before the endpoint is there
    shipping.settings["setup"] = True
    shipping.start()
    count = 200
    shipping.reports.write_text("x\n" * count)
    shipping.is_queued(count)
    files = sum(file.stat().st_size for file in shipping.queue.glob("ship.0*"))
    assert files / count >= 256


@pytest.mark.parametrize("left", [0, 200])
def test_a_queue_that_is_damaged_is_filled_anew_from_the_files(shipping: Shipping, left: int) -> None:
    """As a kill in the middle of a write of ship.qi leaves it."""
    shipping.endpoint.go()
    shipping.start()
    ids = shipping.write(some())
    shipping.is_queued(len(ids))
    shipping.kill()
    known = shipping.queue / "ship.qi"
    known.write_bytes(known.read_bytes()[:left])
    shipping.start()
    ids += shipping.write(some())
    shipping.endpoint.come()
    shipping.arrives(ids)


def test_a_rotation_loses_no_line(shipping: Shipping) -> None:
    """One while it follows, and one while it does not run and has not read to the end."""
    shipping.start()
    ids = shipping.write(some())
    shipping.rotate()
    ids += shipping.write(some())
    shipping.arrives(ids)
    shipping.kill()
    ids += shipping.write(some())
    shipping.rotate()
    ids += shipping.write(some())
    shipping.start()
    shipping.arrives(ids)


def test_a_document_that_nobody_takes_is_kept_aside_and_stops_no_other(shipping: Shipping) -> None:
    shipping.start()
    poison = a_report(said=POISON)
    before, after = some(3), some(3)
    shipping.write([*before, poison, *after])
    with shipping.reports.open("a") as stream:
        stream.write('{"half a line\n')
    ids = [str(one["transaction_uuid"]) for one in before + after]
    shipping.arrives(ids)
    shipping.arrives(ids + shipping.write(some(1)))
    kept = [json.loads(line) for line in shipping.rejected.read_text().splitlines()]
    unreadable, refused = sorted(kept, key=lambda one: "id" in one)
    assert "half a line" in unreadable["line"]
    assert (refused["id"], refused["status"]) == (poison["transaction_uuid"], 400)
    assert json.loads(refused["document"])["said"] == POISON
    assert shipping.endpoint.store.attempts[poison["transaction_uuid"]] == 1


def test_a_report_of_megabytes_arrives(shipping: Shipping) -> None:
    shipping.start()
    shipping.arrives(shipping.write([a_report(said="å" * 700_000), *some(2)]))


def test_a_stack_trace_is_one_entry_of_the_servers_log(shipping: Shipping) -> None:
    shipping.start()
    trace = "java.lang.Error: no\n\tat a.b(C.java:1)\n\tat d.e(F.java:2)"
    shipping.server_log.write_text(
        f"2026-11-27T20:29:05.606+01:00 ERROR [qtp-1] [p.puppetserver] Internal: {trace}\n"
        "2026-11-27T20:29:05.606+01:00 INFO  [main] [p.t.internal] well\n"
    )
    store = shipping.endpoint.store
    store.wait(lambda: len(store.kept("fleet-puppetserver-")) == 2, 20, "two entries")
    entries = sorted(store.kept("fleet-puppetserver-2026.11.27").values(), key=lambda one: str(one["level"]))
    assert [(one["level"], one["logger"], one["message"]) for one in entries] == [
        ("ERROR", "p.puppetserver", f"Internal: {trace}"),
        ("INFO", "p.t.internal", "well"),
    ]
    assert entries[0]["@timestamp"] == "2026-11-27T19:29:05.606000Z"


def test_nothing_is_sent_before_the_indices_are_described(shipping: Shipping) -> None:
    shipping.settings |= {"setup": True, "user": "fleet", "password": "p:ä", "retention_days": 7}
    shipping.endpoint.store.password = "fleet:p:ä"
    shipping.start()
    shipping.arrives(shipping.write(some(1)))
    store = shipping.endpoint.store
    policy = store.settings["/_ilm/policy/fleet-record"]["policy"]
    assert policy["phases"]["delete"]["min_age"] == "7d"
    assert store.settings["/_index_template/fleet-record"]["template"]["mappings"]["dynamic"] is False
    methods = [method for method, _ in store.requests]
    assert methods.index("POST") > methods.index("PUT")


def test_a_wrong_password_loses_nothing(shipping: Shipping) -> None:
    shipping.settings |= {"user": "fleet", "password": "wrong"}
    shipping.endpoint.store.password = "fleet:right"
    shipping.start()
    ids = shipping.write(some())
    shipping.endpoint.store.tried(2)
    shipping.stop()
    shipping.settings["password"] = "right"
    shipping.start()
    shipping.arrives(ids)


def test_rsyslog_understands_how_the_journal_is_followed(
    shipping: Shipping, rendered: dict[str, str]
) -> None:
    """There is no journal here; on the lab, there is."""
    (shipping.folder / "inputs" / "journal.conf").write_text(rendered["journal.conf"])
    config = shipping.folder / "rsyslog.conf"
    config.write_text(shipping.config)
    done = subprocess.run([RSYSLOGD or "", "-N1", "-f", str(config)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
