# The doors of the house. `make lab` and `make test` work alone on a fresh machine.
SHELL := /bin/sh
FLEET := .venv/bin/fleet
.DEFAULT_GOAL := help
.PHONY: help setup lab lint test test-unit test-faults test-gpu bench clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

setup: ## install what the repository needs: Debian packages (as root), .venv, vendor_modules
	@scripts/setup

lab: ## the main job: a Puppet server and two serving nodes on this machine (as root)
	@scripts/needs-lab lab
	@scripts/setup
	@$(FLEET) lab up

lint: setup ## every linter over everything
	@$(FLEET) lint

test: ## every test: lint, units, modules on Puppet 7 and 8, the lab (as root)
	@scripts/needs-lab test
	@scripts/setup
	@.venv/bin/python -m generator.suite all

test-unit: setup ## what needs neither root nor the lab
	@.venv/bin/python -m generator.suite unit

test-faults: ## the lab with every fault, not only one of each class (as root)
	@scripts/needs-lab test-faults
	@scripts/setup
	@.venv/bin/python -m generator.suite faults

test-gpu: ## the fact about and the metrics of NVIDIA's cards on this machine, which must have one
	@scripts/needs-gpu test-gpu
	@scripts/setup
	@.venv/bin/python -m pytest -v -s tests/gpu

bench: ## the numbers; ONLY=name or prefix
	@scripts/needs-lab bench
	@scripts/setup
	@.venv/bin/python -m tests.bench $(ONLY)

clean: ## take the lab down and leave the folder as a fresh clone
	@if [ -x $(FLEET) ] && [ "$$(id -u)" = 0 ]; then $(FLEET) lab down; fi
	@rm -rf build vendor_modules .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
