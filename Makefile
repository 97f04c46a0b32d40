# Every target does its own set-up: `make demo` and `make test` work on a fresh clone.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help install demo test format lint types floors unit browser soak bench clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(STAMP)  ## build .venv with the package, its extras and the tools

$(STAMP): pyproject.toml scripts/python3
	@sh scripts/python3 $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: install  ## the main job on simulated traffic, in under a minute: no key, no network
	@$(BIN)/modelmix demo

test: install format lint types floors unit  ## format, lint, types, floors and tests with coverage: what CI runs

format: install  ## formatting only: fails where a file is not as ruff writes it
	@$(BIN)/ruff format --check --quiet . || { echo "run: $(BIN)/ruff format ."; exit 1; }

lint: install  ## ruff with all rules but those that pyproject.toml gives a reason against
	@$(BIN)/ruff check --quiet .

types: install  ## mypy, strict
	@$(BIN)/mypy

floors: install  ## import-linter: imports only go down, pure rooms stay pure
	@$(BIN)/lint-imports

unit: install browser  ## tests, then coverage room by room
	@rm -f .coverage .coverage.*
	@$(BIN)/python -m pytest -q -n 2 -m "not soak" --cov=modelmix --cov-report=
	@$(BIN)/python scripts/coverage_gate.py

browser:  ## a Chromium for the tests that look at pages: from Debian where root may install it
	@sh scripts/chromium

soak: install  ## the long forms: error rates over thousands of worlds, kill -9 under load
	@$(BIN)/python -m pytest -q -m soak

bench: install  ## speed as ratios measured in one run
	@$(BIN)/python -m bench

clean:  ## remove what the targets made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.* modelmix-demo
