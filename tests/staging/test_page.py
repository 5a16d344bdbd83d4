"""The page, as the node itself sees it."""

from __future__ import annotations

from testinfra.host import Host

from generator.service import Service


def answer(host: Host, url: str) -> str:
    """Ask ``url`` on the node, past any proxy; gives the HTTP status, 000 where nobody answers.

    A certificate is made for the name that clients use, which is not that of this address.
    """
    asked = host.run(
        "curl --silent --insecure --output /dev/null --noproxy '*' --max-time 20 --write-out '%%{http_code}' %s",
        url,
    )
    return str(asked.stdout)


def test_port_listens(host: Host, bind: tuple[str, int]) -> None:
    """The port of the service listens."""
    port = bind[1]
    assert host.check_output("ss -Hltn %s", f"sport = :{port}"), f"nothing listens on {port}"


def test_page_answers(host: Host, url: str, front_config: str) -> None:
    """The page answers with 200, or asks for the password where there are some."""
    status = answer(host, f"{url}/")
    wanted = "401" if "http-request auth " in front_config else "200"
    assert status == wanted, f"{url}/ answers {status}"


def test_service_is_ready(host: Host, service: Service, argv: list[str]) -> None:
    """The readiness path of the web UI itself answers with 200."""
    url = f"http://127.0.0.1:{argv[argv.index(service.listen.port_flag) + 1]}{service.ready}"
    status = answer(host, url)
    assert status == "200", f"{url} answers {status}"


def test_web_ui_is_reached_through_the_front_only(host: Host, service: Service, argv: list[str]) -> None:
    """The web UI itself listens on loopback."""
    port = argv[argv.index(service.listen.port_flag) + 1]
    listening = host.check_output("ss -Hltn %s", f"sport = :{port}").split()
    assert listening[3:4] == [f"127.0.0.1:{port}"], f"port {port}: {listening}"
