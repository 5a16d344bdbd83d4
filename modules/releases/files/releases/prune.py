"""What of a service may go from the disk."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from releases.description import release_of
from releases.disk import Release
from releases.node import Node
from releases.state import State


def prune(node: Node) -> list[str]:
    """Delete the releases and deployments that nothing needs; return the releases' names."""
    state = node.state()
    going = useless(node, state)
    for name in going:
        node.disk.remove_release(name)
    stay = {release.name for release in node.disk.releases()}
    for identifier in unused(node.disk.deployments(), needed_ids(state), stay):
        node.disk.remove_deployment(identifier)
    return going


def useless(node: Node, state: State) -> list[str]:
    """Name the releases on the disk that are to go."""
    used = {release_of(identifier) for identifier in needed_ids(state)}
    wanted = node.description.wanted_release
    return superfluous(node.disk.releases(), used, wanted, node.description.keep_releases)


def unused(deployments: Sequence[str], needed: Collection[str], releases: Collection[str]) -> list[str]:
    """Choose the deployments that go, of all, the newest last.

    The newest may be one that Puppet has put there and not asked for yet. The newest of a release that stays
    says how it is started, and which weights it takes.
    """
    newest = {release_of(identifier): identifier for identifier in deployments}
    stay = {*needed, *deployments[-1:], *(newest.get(release, "") for release in releases)}
    return [identifier for identifier in deployments if identifier not in stay]


def needed_ids(state: State) -> set[str]:
    """Name the deployments that the state speaks of."""
    named = [state.wanted, state.previous, *(serving.id for serving in state.cards.values())]
    named += state.failed
    named += [state.switch.id] if state.switch else []
    return {identifier for identifier in named if identifier}


def superfluous(releases: Sequence[Release], used: Collection[str], wanted: str, keep: int) -> list[str]:
    """Choose what goes: what is half-made, unless it is being made, and the oldest beyond ``keep``.

    What is ``used`` or ``wanted`` counts, and never goes.
    """
    stays = {release.name for release in releases if release.name in used or release.name == wanted}
    others = [release for release in releases if release.name not in stays]
    newest_first = sorted((release for release in others if release.complete), key=lambda one: -one.at)
    spared = {release.name for release in newest_first[: max(0, keep - len(stays))]}
    return [release.name for release in others if release.name not in spared]
