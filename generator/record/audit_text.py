"""The chain of a change, in words and as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from generator.record.audit import Event, Link
from generator.record.deploys import Deploy
from generator.record.drift import Changed
from generator.record.drift_text import name, short
from generator.record.first_error import one_line
from generator.record.values import written
from generator.table import utc

#: Resources of a run that are named.
_EVENTS = 12


def text(links: Sequence[Link], total: int, failed: Sequence[Deploy]) -> str:
    """Return each run as a paragraph, the newest first, and deploys that brought nothing."""
    blocks = ["\n".join(_link(link)) for link in links]
    blocks += map(_failed, failed)
    if total > len(links):
        older = f"and {total - len(links):,} older runs"
        blocks.append(f"{older}: narrow it by --node, --since or --transaction, or take --json")
    return "\n\n".join(blocks)


def data(links: Sequence[Link], total: int, failed: Sequence[Deploy]) -> dict[str, Any]:
    """Return the same for ``--json``, with every event of the runs."""
    return {
        "runs": total,
        "left_out": total - len(links),
        "chain": [_data(link) for link in links],
        "failed_deploys": [_deploy(deploy) for deploy in failed],
    }


def _link(link: Link) -> Iterator[str]:
    report = link.report
    yield f"{report['certname']} at {utc(link.started)}, transaction {_said(report['transaction_uuid'])}"
    yield f"  commit     {_commit(link)}"
    yield f"  deploy     {_brought(link)}"
    for service, revision in sorted((link.cohort or {}).items()):
        yield f"  canary     {one_line(service)} {one_line(revision)}"
    uuid = f", {_said(report['catalog_uuid'])}" if report["catalog_uuid"] else ""
    yield f"  catalogue  {one_line(link.catalogue)}{uuid}"
    noop = ", noop" if report["noop"] else ""
    seconds = (link.ended - link.started).total_seconds()
    error = f": {link.error}" if link.error else ""
    how, where = _said(report["status"]), _said(report["environment"])
    yield f"  report     {how}{noop} after {seconds:.1f} s, of {where}{error}"
    for place, event in enumerate(link.events[:_EVENTS]):
        yield f"  {'resources' if place == 0 else '':9}  {_event(event)}"
    if not link.events:
        yield "  resources  none changed"
    if more := link.events[_EVENTS:]:
        yield f"  {'':9}  and {len(more)} more"


def _failed(deploy: Deploy) -> str:
    what = f"deploy of {deploy.commit[:12]} to {deploy.environment} at {utc(deploy.at)}"
    return f"{what} failed: {one_line(deploy.error or 'it did not say why')}"


def _commit(link: Link) -> str:
    if link.code is None:
        return "none: there was no catalogue"
    if link.commit is None:
        return f"{one_line(link.code)} (this repository has no such commit)"
    said = link.commit
    return f"{one_line(link.code)[:12]} {utc(said.date)} {one_line(said.author)}: {one_line(said.subject)}"


def _brought(link: Link) -> str:
    deploy = link.deploy
    if deploy is None:
        return "not known here"
    took = f", in {deploy.seconds:.1f} s" if isinstance(deploy.seconds, int | float) else ""
    return f"{utc(deploy.at)}{took}" + (f", after {deploy.previous[:12]}" if deploy.previous else "")


def _event(event: Event) -> str:
    what = name(Changed(event.type, event.title, event.property))
    change = f"{short(written(event.old))} -> {short(written(event.new))}"
    how = {"success": "put right" if event.corrective else "changed", "noop": "would change"}.get(
        event.status, _said(event.status)
    )
    return f"{what}: {how}, {change}" + (f": {one_line(event.message)}" if event.status == "failure" else "")


def _said(text: object) -> str:
    """Write what a report says in one line: the agent wrote it."""
    return one_line(str(text))


def _data(link: Link) -> dict[str, Any]:
    report = link.report
    known = link.commit
    return {
        "node": report["certname"],
        "commit": {
            "id": link.code,
            "author": known and known.author,
            "date": known and utc(known.date),
            "subject": known and known.subject,
        },
        "cohort": link.cohort,
        "deploy": link.deploy and _deploy(link.deploy),
        "catalogue": {"uuid": report["catalog_uuid"], "kind": link.catalogue, "code_id": report["code_id"]},
        "report": {
            "hash": report["hash"],
            "transaction_uuid": report["transaction_uuid"],
            "environment": report["environment"],
            "status": report["status"],
            "noop": report["noop"],
            "error": link.error,
            "started": utc(link.started),
            "seconds": round((link.ended - link.started).total_seconds(), 3),
            "puppet_version": report["puppet_version"],
        },
        "resources": [
            {
                "type": event.type,
                "title": event.title,
                "property": event.property,
                "old": event.old,
                "new": event.new,
                "status": event.status,
                "corrective": event.corrective,
                "message": event.message,
                "at": utc(event.at),
                "file": event.file,
                "line": event.line,
            }
            for event in link.events
        ],
    }


def _deploy(deploy: Deploy) -> dict[str, Any]:
    return {
        "at": utc(deploy.at),
        "environment": deploy.environment,
        "commit": deploy.commit,
        "previous": deploy.previous,
        "ok": deploy.ok,
        "seconds": deploy.seconds,
        "error": deploy.error,
    }
