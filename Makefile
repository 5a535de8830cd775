# Thin: each target names one command of the project's own tools. Set-up keeps stamps, so depending on it costs little.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export SOLCX_BINARY_PATH := $(CURDIR)/.solcx

.PHONY: help setup demo test bench lint fmt coverage fuzz chaos consortium audit-tools clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: ## virtual environment, compiler, local chain, compiled contracts (stamped: only what changed)
	@$(PYTHON) -m scripts.setup

demo: setup ## a drill from deposit to audit, a machine's whole life, one bought together, a pool, members who decide, three days of flights
	@$(BIN)/cise demo drill
	@$(BIN)/cise demo service
	@$(BIN)/cise demo laundry
	@$(BIN)/cise demo pool
	@$(BIN)/cise demo community
	@$(BIN)/cise demo flights --days 3

test: setup ## all checks and all tests
	@$(BIN)/python -m scripts.checks

bench: setup ## gas, speed and latency beside their floors, written to docs/benchmarks.md (one only: `make bench NAME=gas`)
	@$(BIN)/python -m scripts.bench $(if $(NAME),--only $(NAME))

lint: setup ## the checks without the tests
	@$(BIN)/python -m scripts.checks --only lint

fmt: setup ## format Python and Solidity
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .
	@$(BIN)/forge fmt

coverage: setup ## branch coverage of domain, relay and audit by the Python tests
	@$(BIN)/python -m scripts.checks --only coverage

fuzz: setup ## fuzz tests and state machines, longer and with fresh seeds
	@$(BIN)/python -m scripts.checks --only fuzz

chaos: setup ## faults, floods and clocks, for an hour or so (one only: `make chaos NAME=storm`; smaller: `SCALE=5`)
	@$(BIN)/python -m scripts.chaos $(if $(NAME),--only $(NAME)) $(if $(SCALE),--scale $(SCALE))

consortium: setup ## four members' nodes on this machine: deploy, settle, audit, lose one, go on (needs Go)
	@$(BIN)/python -m scripts.consortium

audit-tools: setup ## slither, in a virtual environment of its own
	@$(PYTHON) -m scripts.setup.slither

clean: ## remove everything that set-up made
	rm -rf .consortium .venv .venv-slither .venv-schemathesis .setup .solcx .forge .hypothesis node_modules build oracle/chain/abi/*.json
