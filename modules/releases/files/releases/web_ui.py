"""What a web UI itself is asked, past the front, on its port of loopback; nobody needs what is not asked."""

from __future__ import annotations

from releases.description import Description


def smoke(known: Description, port: int) -> str | None:
    """Have it do a job before it serves; return why it must not, or None where it may."""
    if known.smoke is None:
        return None
    # a page of Gradio's is asked for one of its functions, an HTTP API for a job at a path
    if "function" in known.smoke:
        from releases.smoke import Smoke, request

        return request(Smoke(**known.smoke), port)
    from releases import smoke_request

    return smoke_request.request(smoke_request.SmokeRequest(**known.smoke), port)


def queued(known: Description, port: int) -> int:
    """Count its jobs that the front does not see."""
    if known.queue is None:
        return 0
    from releases.queue import count

    return count(known.queue, port)
