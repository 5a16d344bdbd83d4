"""The lab as a whole: up, down, and what one does with it in between."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from generator.errors import CommandFailed, FleetError
from generator.lab import cgroups, control, image, network, origin, server, ssh
from generator.lab.agent import AgentRun, agent_command, errors, reached_nobody
from generator.lab.folders import Folders
from generator.lab.host import require_host
from generator.lab.mounts import below, unmount_below
from generator.lab.node import Node
from generator.lab.processes import WORK, Processes, failure
from generator.progress import say, step

ROLE = "tts_node"


@dataclass(frozen=True)
class NodeStatus:
    """A node as `fleet lab status` shows it."""

    name: str
    address: str
    up: bool
    finished: bool


class Lab:
    """The lab of a state folder, up or not."""

    def __init__(self, folders: Folders | None = None) -> None:
        """Attach to the lab in ``folders``; by default to the one that the environment names."""
        self.folders = folders or Folders.from_environment()
        self._processes = Processes(self.folders.state)

    @property
    def ssh_config(self) -> Path:
        """The configuration by which ssh, and testinfra, find the nodes."""
        return self.folders.ssh_config

    def address(self, node: str) -> str:
        """Give the address of ``node``."""
        return network.address(node)

    def up(self, nodes: int = 2) -> None:
        """Bring up the server and ``nodes`` TTS nodes, each converged; repair what is half-up."""
        names = network.node_names(nodes)
        require_host()
        with self._alone():
            self._processes.kill(WORK)
            self.folders.state.mkdir(parents=True, exist_ok=True)
            network.up(self.folders.state)
            known = [network.SERVER, *names, *(node.name for node in self._nodes())]
            ssh.write_config(self.folders.ssh_config, list(dict.fromkeys(known)))
            server_node = self._node(network.SERVER)
            if not server_node.is_finished():
                for leftover in self._nodes():
                    leftover.remove()
            wanted = [self._node(name) for name in names]
            with self._side_by_side(2 * len(wanted) + 3) as begin:
                ready = begin(
                    self._set_up_server, server_node, begin(origin.serve, self.folders, self._processes)
                )
                booted = {node.name: begin(self._boot, node) for node in wanted}
                begin(self._run_agent, f"agent run of {server_node.name}", server_node, ready)
                for node in wanted:
                    if node.is_finished():
                        begin(self._run_agent, f"agent run of {node.name}", node, ready, booted[node.name])
                    else:
                        begin(self._converge, node, server_node, ready, booted[node.name])
        say("the lab is up: " + ", ".join(f"http://{node.address}:7860" for node in wanted))

    def down(self) -> None:
        """End and remove all of the lab but its cache, and see that nothing is left."""
        require_host()
        with self._alone(), step("take the lab down"):
            for node in self._nodes():
                node.remove()
            self._processes.kill()
            cgroups.remove()
            image.discard_partial(self.folders)
            unmount_below(self.folders.state)
            network.down(self.folders.state)
            shutil.rmtree(self.folders.state, ignore_errors=True)
            left = network.leftovers() + [f"control group {group}" for group in cgroups.existing()]
            left += [f"process {pid}" for pid in self._processes.find()]
            left += [f"mount {point}" for point in below(self.folders.state)]
            left += [f"folder {self.folders.state}"] * self.folders.state.exists()
            if left:
                raise FleetError(f"the lab is not all down: {', '.join(left)} is left")

    def status(self) -> list[NodeStatus]:
        """Tell of each node that was made, whether it is up and whether it ever converged."""
        return [
            NodeStatus(node.name, node.address, node.pid() is not None, node.is_finished())
            for node in self._nodes()
        ]

    def command(self, node: str, command: list[str]) -> list[str]:
        """Make the command that runs ``command`` on ``node``, for whoever wants to see it run."""
        require_host()
        return self._node(node).command(command)

    def exec(self, node: str, command: list[str], check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run ``command`` on ``node``; stdout and stderr are captured apart."""
        done = subprocess.run(
            self.command(node, command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
        if check and done.returncode:
            both = subprocess.CompletedProcess(command, done.returncode, done.stdout + done.stderr)
            raise CommandFailed(f"{node}: {failure(both)}")
        return done

    def agent_command(self, node: str, noop: bool = False, environment: str = control.BRANCH) -> list[str]:
        """Make the command that runs ``node``'s agent once; it ends with Puppet's detailed exit code."""
        return self.command(node, agent_command(noop, environment))

    def agent(self, node: str, noop: bool = False, environment: str = control.BRANCH) -> AgentRun:
        """Run ``node``'s agent once."""
        done = subprocess.run(
            self.agent_command(node, noop, environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        return AgentRun(done.returncode, done.stdout)

    def boot(self, node: str) -> None:
        """Make another node than those of `up`, and boot it; nothing is installed on it."""
        self._require_server()
        with self._alone():
            self._boot(self._node(node))

    def converge(self, node: str, role: str = ROLE) -> None:
        """Invite a node that was booted to a role, and run its agent for the first time."""
        joining = self._node(node)
        with self._alone():
            self._invite(joining, self._node(network.SERVER), role)
        self._run_agent(f"first agent run of {node}", joining)

    def remove(self, node: str) -> None:
        """Take a node away, with what the server knows of it."""
        with self._alone():
            self._node(node).remove()
            server.forget(self._node(network.SERVER), self._node(node))

    def renew_server(self) -> None:
        """Lose the server, and set an empty machine up by its name: a stranger to the nodes."""
        self._require_server()
        with self._alone():
            node = self._node(network.SERVER)
            node.remove()
            self._boot(node)
            server.set_up(node)
            self._run_agent(f"agent run of {node.name}", node)

    def cut_power(self, node: str) -> None:
        """End ``node`` as a power cut would; `restore_power` or `up` boots it again."""
        self._node(node).stop()

    def restore_power(self, node: str) -> None:
        """Boot ``node`` again, and do nothing else to it."""
        with self._alone():
            self._boot(self._node(node))

    def commit(self, files: Mapping[str, str | None], message: str, branch: str = control.BRANCH) -> str:
        """Commit ``files`` (path to text; None removes one) to the lab's clone, deploy, return the commit.

        Another ``branch`` is made anew from production; it becomes the Puppet environment of its name.
        """
        self._require_server()
        with self._alone():
            commit = control.commit(self.folders, files, message, branch)
            server.deploy(self._node(network.SERVER))
        return commit

    def deploy(self) -> str:
        """Bring the server's code to this working tree; return the commit in the lab's clone."""
        self._require_server()
        with self._alone():
            commit = control.prepare(self.folders)
            server.deploy(self._node(network.SERVER))
        return commit

    def _require_server(self) -> None:
        """Raise FleetError where there is no server to deploy to."""
        require_host()
        if not self._node(network.SERVER).is_finished():
            raise FleetError("the lab is not up: run `fleet lab up`")

    def _node(self, name: str) -> Node:
        network.address(name)
        return Node(name, self.folders, self._processes)

    def _nodes(self) -> list[Node]:
        names = sorted(folder.name for folder in self.folders.nodes.glob("*"))
        return [self._node(name) for name in names]

    def _boot(self, node: Node) -> None:
        if not node.is_finished():
            base = image.ensure(node.suite, self.folders, self._processes)
            hosts = network.hosts(node.name)
            with step(f"make {node.name} ({node.address})"):
                node.create(base, hosts, ssh.public_key(self.folders.ssh_config))
        with step(f"boot {node.name}"):
            node.boot()

    def _set_up_server(self, node: Node, code: Future[None]) -> None:
        fresh = not node.is_finished()
        self._boot(node)
        code.result()
        if fresh:
            server.set_up(node)
        else:
            server.deploy(node)

    def _converge(self, node: Node, server_node: Node, ready: Future[None], booted: Future[None]) -> None:
        booted.result()
        ready.result()
        self._invite(node, server_node)
        self._run_agent(f"first agent run of {node.name}", node)

    def _invite(self, node: Node, server_node: Node, role: str = ROLE) -> None:
        node.run(["apt-get", "-qq", "update"])
        server.forget(server_node, node)
        node.invite(server.invitation(server_node, node, role), role, server.ENVIRONMENT)

    def _run_agent(self, title: str, node: Node, *after: Future[None]) -> None:
        for job in after:
            job.result()
        with step(title):
            run = node.run(agent_command(), check=False)
            # Seen once: a connection that the server never answered, while it answered another node's.
            # An agent that runs on a timer asks again, too.
            if reached_nobody(run.stdout):
                say(f"{node.name} asks once more\n{errors(run.stdout)}\n{self._connections()}")
                run = node.run(agent_command(), check=False)
            if run.returncode not in (0, 2):
                raise CommandFailed(
                    f"{node.name}: the agent ended with {run.returncode}\n{errors(run.stdout)}"
                )
        node.finish()

    def _connections(self) -> str:
        """List the connections of agents, as the server sees them."""
        return self._node(network.SERVER).run(["ss", "-tan", "sport = :8140"], check=False).stdout

    @contextmanager
    def _side_by_side(self, most: int) -> Iterator[Callable[..., Future[None]]]:
        """Give a function that begins a job; all are waited for, and one's failure stops the rest."""
        with ThreadPoolExecutor(most) as pool:
            jobs: list[Future[None]] = []

            def begin(job: Callable[..., None], *arguments: object) -> Future[None]:
                jobs.append(pool.submit(job, *arguments))
                return jobs[-1]

            try:
                yield begin
                for job in wait(jobs, return_when=FIRST_EXCEPTION).done:
                    job.result()
            except BaseException:
                self._processes.stop_work()
                raise

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lab's lock: two calls that change the lab come one after the other."""
        # The cache's folder is the lock: it stays, and labs share it as they share the bridge.
        self.folders.cache.mkdir(parents=True, exist_ok=True)
        folder = os.open(self.folders.cache, os.O_RDONLY | os.O_DIRECTORY)
        try:
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("another `fleet lab` is at work on this machine: waiting for it")
                fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)
