"""The queue of a web UI, whose jobs go on after their requests are answered: the front does not see them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing

from releases.fields import field

#: Seconds for an answer: a web UI whose job leaves it no time has a job.
_ANSWER_S = 3.0


def count(queue: Mapping[str, str], port: int) -> int:
    """Ask the web UI on a port of loopback how many jobs it has, those that wait included.

    It is asked at ``page``, and says so in the field ``count``. One that does not listen has none; one that
    listens and does not say may have some, and counts as one.
    """
    import http.client  # not needed where nobody asks

    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_S)) as connection:
            connection.request("GET", queue["page"])
            found = field(json.loads(connection.getresponse().read(1 << 20)), queue["count"])
    except ConnectionRefusedError:
        return 0
    except (OSError, http.client.HTTPException, ValueError):
        return 1
    return found if type(found) is int else 1
