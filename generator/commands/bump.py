"""``fleet bump``."""

from __future__ import annotations

from pathlib import Path

import click

from generator.commands.options import examples, offline_option, root_option


@click.command(
    epilog=examples(
        "fleet bump indextts2 v2.5.0 --env staging",
        "fleet bump indextts2 v2.5.0 --node tts-01.example.org",
        "fleet bump indextts2 v2.5.0 --role tts_node --commit",
    )
)
@click.argument("service")
@click.argument("revision")
@click.option("--env", "environment", metavar="ENV", help="For the nodes of this environment.")
@click.option("--role", metavar="ROLE", help="For the nodes of this role.")
@click.option("--node", metavar="NODE", help="For this node, by the name in its certificate.")
@click.option("--commit", is_flag=True, help="Commit the changed file, and nothing else.")
@offline_option
@root_option
def bump(
    service: str,
    revision: str,
    environment: str | None,
    role: str | None,
    node: str | None,
    commit: bool,
    offline: bool,
    root: Path,
) -> None:
    """Make nodes run the release REVISION of SERVICE: those of one layer, or the whole fleet.

    Changes one line of Hiera data, prints the difference, and says which known nodes it reaches.
    """
    from generator.bump import bump as bump_release
    from generator.bump import layer, told
    from generator.fleet_nodes import fleet_nodes

    where = layer(environment, role, node)
    done = bump_release(
        root, service, revision, where, commit=commit, nodes=fleet_nodes(root, offline=offline)
    )
    if done.change is None:
        click.echo(f"{root / where.file} says {service}::revision: {revision} already")
    else:
        click.echo(done.change.diff(root), nl=False)
    for line in told(done.reach, Path()):
        click.echo(line)
    if done.commit:
        click.echo(f"committed as {done.commit}")
