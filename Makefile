# Everything runs in a virtual environment that is made once and cached by content.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV = $(shell $(PYTHON) -m local.python_env)
RUN = $(VENV)/bin/python

.PHONY: help demo test check lint bench down

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' Makefile

demo:  ## the whole story on this machine: a real release of a real OCR model
	@$(RUN) -m local.demo

test: check  ## all tests, with a cluster of their own
	@$(RUN) -m pytest -n auto --dist loadgroup tests/service tests/relay tests/page tests/placement tests/cluster

check: lint  ## lint, types and the tests that need no cluster
	@$(RUN) -m pytest -n auto --dist worksteal tests/unit tests/mocks tests/golden tests/policy tests/amtool tests/promtool tests/netpol tests/dashboards

lint:  ## ruff and mypy
	@$(RUN) -m ruff check . && $(RUN) -m ruff format --check . && $(RUN) -m mypy .

bench:  ## every claim of speed, measured; leave the machine alone for the three hours that it takes
	@$(RUN) -m bench.weight_change
	@$(RUN) -m bench.fleet
	@$(RUN) -m bench.placement
	@$(RUN) -m bench.alert_latency
	@$(RUN) -m bench.rules
	@$(RUN) -m bench.rules_replay
	@$(RUN) -m bench.judge
	@$(RUN) -m bench.serving
	@$(RUN) -m bench.front_server
	@$(RUN) -m bench.quality
	@$(RUN) -m bench.soak

down:  ## stop the demo's cluster and leave nothing behind
	@$(RUN) -m local down
