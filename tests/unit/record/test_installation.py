"""The index template and the policy, on both kinds of endpoint."""

from __future__ import annotations

import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from shipper import template
from shipper.endpoint import Endpoint as Client
from shipper.endpoint import Settings
from shipper.errors import Unavailable
from shipper.installation import install
from tests.bulk import Endpoint, endpoint


@pytest.mark.parametrize(
    ("distribution", "policy"),
    [("", "/_ilm/policy/fleet-record"), ("opensearch", "/_plugins/_ism/policies/fleet-record")],
)
def test_both_are_put_once_and_anew_where_they_are_others(
    elastic: Endpoint, client: Client, distribution: str, policy: str
) -> None:
    elastic.store.distribution = distribution
    indices = "/_index_template/fleet-record"
    assert install(client, 90) == [policy, indices]
    assert install(client, 90) == []
    (changed,) = install(client, 7)
    assert changed.startswith(policy)
    assert ("if_seq_no=7&if_primary_term=2" in changed) == bool(distribution)
    assert "7d" in str(elastic.store.settings[policy])
    settings = elastic.store.settings[indices]["template"]["settings"]
    assert settings["index"].get("lifecycle") == (None if distribution else {"name": "fleet-record"})


def test_a_policy_that_may_not_be_put_is_told(elastic: Endpoint, client: Client) -> None:
    elastic.store.password = "somebody:else"
    with pytest.raises(Unavailable, match="GET / is answered by 401: security_exception: who is this"):
        install(client, 90)


def test_every_index_of_the_record_is_of_the_template() -> None:
    assert template.index_template(True)["index_patterns"] == [
        f"fleet-{kind}-*" for kind in ("reports", "puppetserver", "journal")
    ]


def test_a_rollout_s_revision_is_a_word_whichever_service_it_is_of() -> None:
    """By what it looks like, one would be a date: then no document with another kind of name was taken."""
    mappings = template.index_template(True)["template"]["mappings"]
    assert mappings["properties"]["cohort"] == {"type": "object", "dynamic": True}
    [rule] = mappings["dynamic_templates"]
    assert (rule["cohort"]["path_match"], rule["cohort"]["mapping"]["type"]) == ("cohort.*", "keyword")
    assert mappings["dynamic"] is False, "and nothing else is looked for"


def test_a_certificate_is_held_against_the_authorities_that_are_given(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    made += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(made, check=True, capture_output=True)
    with endpoint(tls=(cert, key)) as here:
        url = here.url.replace("127.0.0.1", "localhost")
        with closing(Client(Settings(url, ca_file=str(cert)))) as trusting:
            assert trusting.ask("GET", "/")[0] == 200
        with (
            closing(Client(Settings(url))) as strict,
            pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"),
        ):
            strict.ask("GET", "/")
