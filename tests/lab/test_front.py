"""The front's doors on a node, and that nothing of a change to them is felt."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.serving import NODE
from tests.load import Load, browser

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

CERTIFICATE, KEY = "/etc/ssl/tts.pem", "/etc/ssl/tts.key"
TLS: dict[str, object] = {"indextts2::tls_certificate": CERTIFICATE, "indextts2::tls_key": KEY}
FRONT = "systemctl show --property=MainPID --value indextts2-front.service"


@pytest.fixture
def ca(fleet: Fleet, old: str) -> Iterator[str]:
    """The certificate of an authority of this node's, whose ``/root/tls/renew`` makes it another certificate."""
    renew = f"""set -e
cd /root/tls
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={NODE} -keyout key -out csr 2>/dev/null
printf 'subjectAltName=IP:{fleet.lab.address(NODE)}' >ext
openssl x509 -req -in csr -CA ca -CAkey cakey -CAcreateserial -days 2 -extfile ext -out crt 2>/dev/null
cp key {KEY} && cat crt ca >{CERTIFICATE}
"""
    fleet.sh(
        NODE,
        "mkdir -p /root/tls && cd /root/tls && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256"
        f" -nodes -days 2 -subj /CN=lab -keyout cakey -out ca && cat >renew <<'E'\n{renew}E\nsh renew",
    )
    yield fleet.sh(NODE, "cat /root/tls/ca")
    fleet.keep_secrets(None)
    fleet.on_node(NODE, None)
    run = fleet.lab.agent(NODE)
    assert run.code in (0, 2), run.output
    assert fleet.release(NODE) == old
    assert not fleet.holds(NODE, "grep -q ssl /etc/indextts2/front/haproxy.cfg")


def ask(url: str, tmp_path: Path, ca: str, *options: str) -> str:
    """Ask ``url`` from outside of the node; the status."""
    (tmp_path / "ca").write_text(ca)
    command = ["curl", "--silent", "--noproxy", "*", "--cacert", f"{tmp_path}/ca", "--output", "/dev/null"]
    command += ["--max-time", "20", "--write-out", "%{http_code} %{redirect_url}", *options, url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def test_a_certificate_is_renewed_and_a_wrong_one_refused_while_clients_keep_asking(
    fleet: Fleet, ca: str, tmp_path: Path
) -> None:
    address = fleet.lab.address(NODE)
    process = fleet.sh(NODE, FRONT)
    hashed = fleet.sh(NODE, "openssl passwd -6 secret")
    fleet.keep_secrets({"indextts2::users": {"ann": hashed}})
    doors = {"indextts2::plain_port": 8080, "indextts2::metrics_port": 8405}
    fleet.on_node(NODE, TLS | doors | {"indextts2::allowed_networks": ["10.77.0.0/24"]})
    output = fleet.converge(NODE)
    assert hashed not in output
    assert ask(f"https://{address}:7860/config", tmp_path, ca) == "401"
    assert ask(f"https://{address}:7860/config", tmp_path, ca, "--user", "ann:secret") == "200"
    assert ask(f"http://{address}:8080/a?b=c", tmp_path, ca) == f"308 https://{address}:7860/a?b=c"
    assert "haproxy_process_uptime_seconds" in fleet.sh(NODE, "curl --silent http://127.0.0.1:8405/metrics")
    assert (
        fleet.sh(NODE, "curl --silent --insecure -o /dev/null -w '%{http_code}' https://127.0.0.1:7860/")
        == "403"
    )
    fleet.converge(NODE, changes=False)

    fleet.keep_secrets(None)
    fleet.on_node(NODE, TLS)
    fleet.converge(NODE)
    with Load(browser(f"https://{address}:7860", None, ca), 0.5, 90) as load:
        load.start(5)
        fleet.until(lambda: load.served >= 10, 60, "jobs over TLS are served")
        fleet.sh(NODE, "sh /root/tls/renew")
        fleet.converge(NODE)
        serial = fleet.sh(NODE, "openssl x509 -noout -serial -in /root/tls/crt")
        shown = (
            f"openssl s_client -connect {address}:7860 </dev/null 2>/dev/null | openssl x509 -noout -serial"
        )
        assert fleet.sh(NODE, shown) == serial
        fleet.sh(NODE, f"openssl ecparam -name prime256v1 -genkey -noout -out {KEY}")
        run = fleet.lab.agent(NODE)
        assert run.code in (4, 6), run.output
        assert f"{KEY} is not the key of {CERTIFICATE}" in run.output
        assert fleet.sh(NODE, shown) == serial
        fleet.until(lambda: load.served >= 30, 60, "more jobs are served")
        assert load.stop().failures() == []
    assert fleet.sh(NODE, FRONT) == process, "a front that was started anew had cut connections"
    fleet.sh(NODE, f"cp /root/tls/key {KEY}")
