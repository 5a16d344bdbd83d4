"""``fleet exporter``."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import click

from generator.commands.options import examples
from generator.errors import FleetError
from generator.fleet_nodes import settings_file

LISTEN = re.compile(r"(?:\[(?P<six>[0-9a-f:]+)\]|(?P<four>[\w.-]+)):(?P<port>\d{1,5})")


def _address(_context: click.Context, _option: click.Parameter, text: str) -> tuple[str, int]:
    match = LISTEN.fullmatch(text)
    if not match or not 0 <= int(match["port"]) <= 65535:
        raise click.BadParameter(f"{text!r} is no ADDRESS:PORT (such as 127.0.0.1:9801 or [::1]:9801)")
    return match["six"] or match["four"], int(match["port"])


@click.command(
    epilog=examples(
        "fleet exporter",
        "fleet exporter --listen 127.0.0.1:9801 --puppetserver https://puppet.example.org:8140",
    )
)
@click.option(
    "--listen",
    metavar="ADDRESS:PORT",
    default="127.0.0.1:9801",
    show_default=True,
    callback=_address,
    help="Where Prometheus asks.",
)
@click.option(
    "--puppetdb",
    "settings",
    type=click.Path(path_type=Path),
    help="The settings of Puppet's client tools; where they usually are, if this is not given.",
)
@click.option("--puppetserver", metavar="URL", help="The Puppet Server, asked by the same certificate.")
@click.option(
    "--window",
    type=click.IntRange(min=10),
    default=86400,
    show_default=True,
    help="Seconds over which drift is counted.",
)
@click.option("--certificate", type=click.Path(exists=True), help="Speak TLS, with this certificate.")
@click.option("--key", type=click.Path(exists=True), help="The key of that certificate.")
@click.option("--client-ca", type=click.Path(exists=True), help="Whose certificates a client has to have.")
def exporter(
    listen: tuple[str, int],
    settings: Path | None,
    puppetserver: str | None,
    window: int,
    certificate: str | None,
    key: str | None,
    client_ca: str | None,
) -> None:
    """Tell Prometheus how the fleet is, at /metrics, until it is ended.

    Each scrape asks PuppetDB and Puppet Server, for 8 seconds at most; who is away has `fleet_…_up 0`.
    """
    from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server

    from generator.exporter.collector import FleetCollector
    from generator.puppetdb import PuppetDB

    if len({bool(certificate), bool(key), bool(client_ca)}) > 1:
        raise click.UsageError("--certificate, --key and --client-ca go together")
    path = settings or settings_file()
    if path is None:
        raise FleetError(
            "no PuppetDB is known here: write its address to /etc/puppetlabs/client-tools/puppetdb.conf,"
            " or name another file by --puppetdb"
        )
    registry = CollectorRegistry()
    registry.register(FleetCollector(PuppetDB.load(path), puppetserver and puppetserver.rstrip("/"), window))
    ProcessCollector(registry=registry)
    try:
        server, thread = start_http_server(
            addr=listen[0],
            port=listen[1],
            registry=registry,
            certfile=certificate,
            keyfile=key,
            client_cafile=client_ca,
            client_auth_required=bool(client_ca),
        )
    except OSError as error:
        raise FleetError(f"cannot listen on {listen[0]}:{listen[1]}: {error.strerror or error}") from None
    scheme = "https" if certificate else "http"
    click.echo(f"listening on {scheme}://{listen[0]}:{server.server_port}/metrics", err=True)
    try:
        while thread.is_alive():
            threading.Event().wait(3600)
    finally:
        server.shutdown()
