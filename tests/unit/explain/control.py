"""The control repository that is explained, and the command."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from generator.commands.explain import explain as command

HIERA = """\
version: 5
defaults: {datadir: hieradata, data_hash: yaml_data}
hierarchy:
  - {name: this node, path: "nodes/%{trusted.certname}.yaml"}
  - {name: this environment, path: "env/%{trusted.extensions.pp_environment}.yaml"}
  - {name: places, mapped_paths: [facts.places, place, "place/%{place}.yaml"]}
  - {name: the whole fleet, path: common.yaml}
"""
COMMON = """\
lookup_options:
  '^tts::flags': {merge: unique}
  tts::secret: {convert_to: Sensitive}
tts::revision: v1
tts::flags: [c]
tts::greeting: I am %{trusted.certname}
tts::kernel: on %{facts.kernel}
tts::secret: ENC[PKCS7,MII]
tts::ports: {http: 80}
"""
FILES = {
    "hiera.yaml": HIERA,
    "inventory.yaml": """\
nodes:
  n1.example: {role: tts, env: prod}
  n2.example: {role: tts, env: prod}
  n3.example: {role: tts, env: staging}
  n4.example: {role: web, env: staging}
""",
    "tests/facts/debian-12.json": '{"kernel": "Linux"}',
    "hieradata/common.yaml": COMMON,
    "hieradata/env/prod.yaml": "tts::revision: v2\ntts::flags: [b]\n",
    "hieradata/env/staging.yaml": "# nothing but a revision\ntts::revision: v3\n",
    "hieradata/nodes/n2.example.yaml": "tts::flags:\n  - a\ntts::revision: v2\n",
}


def run(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, ["--root", str(root), *arguments])


def said(root: Path, *arguments: str) -> str:
    done = run(root, *arguments)
    assert done.exit_code == 0, done.output
    return done.stdout
