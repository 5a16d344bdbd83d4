"""The accounts: one runs the service, another builds it, and nobody is either."""

from __future__ import annotations

import pytest
from testinfra.host import Host

from generator.service import Service


@pytest.mark.parametrize("role", ["run", "build"])
def test_account_is_a_system_account(host: Host, service: Service, role: str) -> None:
    """The account is a system account in no group but its own."""
    user = host.user(getattr(service.accounts, role))
    assert user.exists, f"the account {user.name} is missing"
    assert 0 < user.uid < 1000, f"{user.name} has the uid {user.uid} of a person"
    assert user.groups == [user.name], f"{user.name} is in {', '.join(user.groups)}"


@pytest.mark.parametrize("role", ["run", "build"])
def test_account_cannot_log_in(host: Host, service: Service, role: str) -> None:
    """The account has no shell and no password."""
    user = host.user(getattr(service.accounts, role))
    assert user.exists, f"the account {user.name} is missing"
    assert user.shell in ("/usr/sbin/nologin", "/sbin/nologin"), f"{user.name} has the shell {user.shell}"
    # a hash starts with a $ or a letter; "!" and "*" match no password
    assert user.password[:1] in ("!", "*"), f"{user.name} has a password"
