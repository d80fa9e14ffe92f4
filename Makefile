# Nexova: everything runs from here, on a machine with Python 3.11 to 3.13 (with venv and pip) and make.
#   make run     the whole house, with demo shops          make test    all tests
#   make help    the other targets

.DEFAULT_GOAL := help
SHELL := /bin/sh
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
JOBS ?= 3
FUZZ ?= tests
SMOKE ?= --smoke
PYTHON ?=
UPGRADE ?=
# The extras stay on the pins: without them an older pip takes `coverage[toml]` for a package that is not pinned.
LOCK = $(BIN)/python .ci/uv.py pip compile --quiet $(UPGRADE) --generate-hashes --no-strip-extras --universal --python-version 3.11 \
	--no-header --no-emit-index-url --no-emit-find-links

.PHONY: help install run chat doctor test covered security fast fuzz eval torture bench check lint types imports format lock clean

help: ## Say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | awk -F '\t' '{printf "  make %-12s %s\n", $$1, $$2}'

$(STAMP): requirements.txt requirements-bootstrap.txt requirements-build.txt pyproject.toml .ci/install .ci/uv.py
	@PYTHON="$(PYTHON)" sh .ci/install $(VENV)

install: $(STAMP) ## Make the virtual environment

run: $(STAMP) ## Start Postgres, Redis, web, worker and relay with the demo shops; Ctrl-C stops them
	@exec $(BIN)/nexova up

chat: $(STAMP) ## Talk to the agent in the terminal, beside a running house
	@exec $(BIN)/nexova chat

doctor: $(STAMP) ## Say what is configured and reachable
	@exec $(BIN)/nexova doctor

check: lint types imports ## Format, lint, types and layers, as CI looks at them

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

imports: $(STAMP)
	$(BIN)/lint-imports

format: $(STAMP) ## Put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: $(STAMP) ## All tests but the long torture
	$(BIN)/pytest -n $(JOBS) -m "not torture"

fast: $(STAMP) ## The tests that take less than a minute together
	$(BIN)/pytest -n $(JOBS) -m "not torture and not slow and not browser"

covered: $(STAMP) ## All tests, and how much of each room they run, against its floor in pyproject.toml
	$(BIN)/pytest -n $(JOBS) -m "not torture" --cov --cov-report=
	$(BIN)/python .ci/rooms.py

security: $(STAMP) ## Known vulnerabilities among the pins, and what bandit finds in the code
	$(BIN)/bandit -q -r -c pyproject.toml --severity-level medium analytics core domain tools agent channels connectors app
	$(BIN)/python .ci/audit.py

fuzz: $(STAMP) ## Property tests with fresh examples and twenty times as many of them (FUZZ=tests/tools takes a part)
	$(BIN)/pytest -n $(JOBS) -m "hypothesis and not torture" --hypothesis-profile=fuzz --timeout=3600 $(FUZZ)

eval: $(STAMP) ## Conversations with simulated customers, held against evals/baseline.json (SMOKE= plays all of them)
	$(BIN)/nexova eval $(SMOKE) --check --jobs $(JOBS) --html eval-results/page.html

torture: $(STAMP) ## Hundreds of conversations under random kills; prints its figures
	$(BIN)/pytest -m torture -s

bench: $(STAMP) ## Measure, print the tables and keep them in docs/benchmarks.md
	$(BIN)/python -m bench

lock: $(STAMP) ## Write the pinned requirements anew; UPGRADE=--upgrade takes newer releases
	echo uv | $(LOCK) - -o requirements-bootstrap.txt
	echo 'setuptools<74' | $(LOCK) - -o requirements-build.txt
	$(LOCK) pyproject.toml --extra dev -o requirements.txt
	$(LOCK) pyproject.toml -c requirements.txt -o requirements-runtime.txt

clean: ## Remove caches and the virtual environment; data folders stay
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
