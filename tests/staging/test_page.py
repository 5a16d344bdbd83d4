"""The page, as the node itself sees it."""

from __future__ import annotations

from testinfra.host import Host

from generator.service import Service


def answer(host: Host, url: str) -> str:
    """Ask ``url`` on the node, past any proxy; gives the HTTP status, 000 where nobody answers."""
    asked = host.run(
        "curl --silent --output /dev/null --noproxy '*' --max-time 20 --write-out '%%{http_code}' %s", url
    )
    return str(asked.stdout)


def test_port_listens(host: Host, port: int) -> None:
    """The port of the service listens."""
    assert host.socket(f"tcp://{port}").is_listening or host.socket(f"tcp://127.0.0.1:{port}").is_listening


def test_page_answers(host: Host, url: str) -> None:
    """The page answers with 200."""
    assert answer(host, f"{url}/") == "200"


def test_service_is_ready(host: Host, service: Service, url: str) -> None:
    """The readiness path answers with 200."""
    assert answer(host, f"{url}{service.ready}") == "200"
