"""How many agents a Puppet Server carries: as many as ask it for catalogues, at 1 and at 2 JRubies.

Agents are simulated: each asks for the catalogue of one of the lab's nodes, with its certificate and its facts, as soon
as it has got one, and so the server is never idle. What it then compiles in the agents' interval is how many it carries.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import ssl
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from generator.lab import Lab
from generator.lab.network import SERVER
from tests.bench.measure import median

NODE = "tts1"
#: Seconds between two runs of an agent.
INTERVAL = 1800
#: Seconds that the server is kept busy: before anything counts, because it loads and compiles code, and then.
WARM_UP, BUSY = 60, 120
CONF = "/etc/puppet/puppetserver/conf.d/puppetserver.conf"
SERVER_LOG = "/var/log/puppetserver/puppetserver.log"
#: What writes how many instances there are: the line that is there goes first.
_INSTANCES = r"/^ *max-active-instances:/d; s/^jruby-puppet: {$/&\n  max-active-instances: "


@dataclass(frozen=True)
class Agent:
    """What a simulated agent sends, and by which certificate."""

    certname: str
    address: str
    facts: str
    tls: ssl.SSLContext

    def catalogue(self) -> None:
        """Get a catalogue, over a connection of its own as an agent does."""
        body = urlencode(
            {
                "environment": "production",
                "facts_format": "application/json",
                "facts": quote(self.facts, safe=""),
                "transaction_uuid": str(uuid.uuid4()),
            }
        )
        headers = {
            "Accept": "application/vnd.puppet.rich+json, application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        # jetty wants the name of the TLS handshake in the request, too, and this machine cannot look it up
        name = f"{SERVER}.lab.test"
        connection = http.client.HTTPConnection(name)
        plain = socket.create_connection((self.address, 8140), timeout=300)
        with self.tls.wrap_socket(plain, server_hostname=name) as connection.sock:
            connection.request("POST", f"/puppet/v3/catalog/{self.certname}", body, headers)
            answer = connection.getresponse()
            said = answer.read()
            assert answer.status == 200, said[-500:]


def measure() -> dict[str, float]:
    """Catalogues a second at 1 and 2 JRubies, what one takes then, and the agents that this carries."""
    lab = Lab()
    lab.up(nodes=1)
    numbers: dict[str, float] = {}
    try:
        with _agent(lab) as agent:
            for jrubies in (1, 2):
                _set_instances(lab, jrubies)
                _busy(agent, 2 * jrubies, WARM_UP)
                before = len(_compile_times(lab))
                rate = _busy(agent, 2 * jrubies, BUSY)
                compile_time = median(_compile_times(lab)[before:])
                numbers |= {
                    f"capacity.jruby{jrubies}_compile_s": compile_time,
                    f"capacity.jruby{jrubies}_agents": rate * INTERVAL,
                    f"capacity.jruby{jrubies}_rule_agents": jrubies * INTERVAL / compile_time,
                    f"capacity.jruby{jrubies}_agents_per_core": rate * INTERVAL / (os.cpu_count() or 1),
                }
    finally:
        lab.agent(SERVER)  # which puts the number of instances right
    return numbers


def _busy(agent: Agent, agents: int, seconds: float) -> float:
    """Have so many agents ask for so long; return the catalogues that they got a second."""
    began = time.monotonic()

    def ask(_: int) -> int:
        got = 0
        while time.monotonic() - began < seconds:
            agent.catalogue()
            got += 1
        return got

    with ThreadPoolExecutor(agents) as pool:
        got = sum(pool.map(ask, range(agents)))
    return got / (time.monotonic() - began)


@contextmanager
def _agent(lab: Lab) -> Iterator[Agent]:
    certname = f"{NODE}.lab.test"
    ssl_dir = "/var/lib/puppet/ssl"
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name, source in {
            "ca": f"{ssl_dir}/certs/ca.pem",
            "cert": f"{ssl_dir}/certs/{certname}.pem",
            "key": f"{ssl_dir}/private_keys/{certname}.pem",
        }.items():
            paths[name] = Path(folder, name)
            paths[name].touch(mode=0o600)
            paths[name].write_text(lab.exec(NODE, ["cat", source]).stdout)
        tls = ssl.create_default_context(cafile=str(paths["ca"]))
        tls.load_cert_chain(paths["cert"], paths["key"])
        values = json.loads(lab.exec(NODE, ["puppet", "facts", "show", "--render-as", "json"]).stdout)
        facts = json.dumps({"name": certname, "values": values})
        yield Agent(certname, lab.address(SERVER), facts, tls)


def _set_instances(lab: Lab, jrubies: int) -> None:
    lab.exec(SERVER, ["sed", "-i", f"{_INSTANCES}{jrubies}/", CONF])
    found = lab.exec(SERVER, ["grep", "-c", f"max-active-instances: {jrubies}$", CONF]).stdout
    assert found.strip() == "1", f"{CONF} has no place for max-active-instances"
    lab.exec(SERVER, ["systemctl", "restart", "puppetserver.service"])


def _compile_times(lab: Lab) -> list[float]:
    log = lab.exec(SERVER, ["cat", SERVER_LOG]).stdout
    compiled = (
        rf"Compiled catalog for {re.escape(NODE)}\.lab\.test in environment production in ([\d.]+) seconds"
    )
    return [float(found) for found in re.findall(compiled, log)]
