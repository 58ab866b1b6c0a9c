# Two commands are the whole set-up: `make run` and `make test`. `make help` lists the rest.
# Settings are environment variables; docs/settings.md names them all. DATABASE_URL may be given here too.

.DEFAULT_GOAL := help
.PHONY: help setup setup-test run test check bench quality peers faults format clean

BIN := .venv/bin
JOBS ?= 2
PYTEST_ARGS ?=
N ?= 200
ifdef DATABASE_URL
export DATABASE_URL
endif

help: ## what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

setup: ## make .venv and node_modules from the lock files
	@scripts/setup run

setup-test:
	@scripts/setup test

run: setup ## start everything; Ctrl-C stops it
	@exec $(BIN)/dragoman up

test: setup-test ## all tests but those against other people's servers
	@exec $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder -m "not peers and not faults" $(PYTEST_ARGS)

check: setup-test ## style, types, layers, dependencies
	@exec scripts/check

bench: setup-test ## figures, written to bench/results/
	@exec scripts/bench

quality: setup ## how well triage reads, over the labelled sets
	@exec $(BIN)/python -m quality.measure

peers: setup-test ## tests against real third-party servers from npm and PyPI
	@exec scripts/peers

faults: setup-test ## kill workers in the middle of N releases, count what is out; then tests that fill disks
	@scripts/faults $(N)
	@$(BIN)/python -m pytest -m faults $(PYTEST_ARGS) || [ $$? -eq 5 ]

format: setup-test ## put every file into the house's form
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

clean: ## remove what the commands above made, but not var/ (the data)
	rm -rf .venv node_modules tests/tools/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
