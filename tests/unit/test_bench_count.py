"""What ``make bench`` makes of what strace and Puppet's reports say."""

from __future__ import annotations

from tests.bench.agent import count
from tests.bench.release import seconds

AGENT = """\
execve("/usr/bin/nsenter", ["nsenter", "--target", "1"], 0x1 /* 20 vars */) = 0
execve("/usr/bin/env", ["env", "-i"], 0x1 /* 20 vars */) = 0
execve("/usr/local/bin/puppet", ["puppet", "agent"], 0x1 /* 5 vars */) = -1 ENOENT (No such file or directory)
execve("/usr/bin/puppet", ["puppet", "agent"], 0x1 /* 5 vars */) = 0
connect(5, {sa_family=AF_INET, sin_port=htons(8140), sin_addr=inet_addr("10.77.0.10")}, 16) = -1 EINPROGRESS (x)
connect(5, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("8.8.8.8")}, 16) = 0
connect(6, {sa_family=AF_UNIX, sun_path="/run/systemd/private"}, 22) = 0
connect(6, {sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::1", &a), 0}, 28) = 0
"""
CHILD = """\
execve("/usr/bin/git", ["git", "fetch"], 0x1 /* 5 vars */) = 0
connect(3, {sa_family=AF_INET, sin_port=htons(9418), sin_addr=inet_addr("10.77.0.1")}, 16) = 0
"""


def test_a_run_that_stays_with_its_server_started_nothing_and_went_nowhere() -> None:
    assert count([AGENT], "10.77.0.10") == (0, 0)


def test_a_child_and_its_connection_count() -> None:
    assert count([AGENT, CHILD], "10.77.0.10") == (1, 1)


REPORT = """--- !ruby/object:Puppet::Transaction::Report
resource_statuses:
  'Vcsrepo[/opt/indextts2/releases/v23-1111111]': !ruby/object:Puppet::Resource::Status
    evaluation_time: 1.5
  'Exec[indextts2: make checkout /opt/indextts2/releases/v23-1111111]': !ruby/object:Puppet::Resource::Status
    evaluation_time: 0.5
  'Exec[indextts2: restore checkout /opt/indextts2/releases/v23-1111111]': !ruby/object:Puppet::Resource::Status
    evaluation_time: 0.125
  'Exec[indextts2: Python environment of /opt/indextts2/releases/v23-1111111]': !ruby/object:Puppet::Resource::Status
    evaluation_time: 4.25
  'Exec[indextts2: serve v23-1111111.00000000]': !ruby/object:Puppet::Resource::Status
    evaluation_time: 100
  'Exec[indextts2: fetch commit 1111]': !ruby/object:Puppet::Resource::Status
    evaluation_time:
"""


def test_an_install_is_what_the_report_says_of_it_and_no_switch() -> None:
    assert seconds(REPORT) == 6.375
