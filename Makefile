# Everything runs from .venv, which `make` sets up by itself; `make help` lists the targets.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	"$$p" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo "$$p" && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.report-contracts
# Test processes side by side; what they do on one core stays small.
JOBS ?= 2
# A file stays in one process, with what its fixtures have started; tests/conftest.py has the order.
PYTEST = $(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile --no-loadscope-reorder
# Hundreds of processes that the tests start would compile the same modules again.
export PYTHONDONTWRITEBYTECODE :=
# And each would load trio with pytest, because Hypothesis asks for it: Selenium has brought it.
export HYPOTHESIS_NO_PLUGINS := 1
# What runs side by side prints in one piece, where make can do that.
SYNC := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
# Handed on to the command of `serve`, `selftest`, `test` and `bench`: make serve ARGS="--port 8080"
ARGS ?=

say = @printf '== %s\n'

.DEFAULT_GOAL := help
.PHONY: help setup demo test quick check lint format types imports specs serve selftest bench wheel javascript clean

help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { \
		echo "No Python >= 3.11 with its venv module found (Debian: apt-get install python3-venv)."; \
		echo "Install one, or name it: make PYTHON=/path/to/python3.12 ..."; exit 2; } >&2
	@"$(PYTHON)" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' || { \
		echo "PYTHON=$(PYTHON) is not a Python >= 3.11 with its venv module."; exit 2; } >&2
	$(say) "setting up $(VENV) with $$($(PYTHON) --version) (once, about a minute)"
	@"$(PYTHON)" -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

setup: $(STAMP) ## create or update .venv (every other target does so when needed)

demo: $(STAMP) ## start the mock, walk one job of each vendor through its life, judge all three
	@$(BIN)/python .ci/demo.py $(ARGS)

# One more: many of these tests wait for programs that they have started.
test: JOBS = 3
test: lint imports specs ## everything: lint, types, imports, specs, and all the tests
	$(say) "tests ($(JOBS) processes), and types beside them"
	@$(MAKE) --no-print-directory types & types=$$!; \
	$(PYTEST) $(ARGS); tests=$$?; wait $$types && exit $$tests

# A quarter of the generated examples: `test` has them all.
quick: export HYPOTHESIS_PROFILE ?= quick
quick: $(STAMP) ## the unit tests alone: no browser, no database, no other program
	$(say) "unit tests ($(JOBS) processes)"
	@$(PYTEST) -m "not slow and not postgres and not browser and not nginx" tests/unit $(ARGS)

check: $(STAMP) ## all that needs no test run
	@$(MAKE) --no-print-directory -j$(JOBS) $(SYNC) lint types imports specs

lint: $(STAMP) ## ruff: rules and format
	$(say) "lint"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "Not formatted: run make format" >&2; exit 1; }

format: $(STAMP) ## let ruff mend what it can
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

types: $(STAMP) ## mypy, strict
	$(say) "types"
	@$(BIN)/mypy

imports: $(STAMP) ## import-linter: who may import whom
	$(say) "imports"
	@$(BIN)/lint-imports --no-logo --no-cache

specs: $(STAMP) ## the contracts: valid, complete, and pointing at things that exist
	$(say) "specs"
	@$(BIN)/python -m specs

serve: $(STAMP) ## run the mock in the foreground (ARGS="--port 8080 --speed 60")
	@$(BIN)/mockserver serve $(ARGS)

selftest: $(STAMP) ## the suite judges itself: planted defects caught, legal variants spared
	@$(BIN)/conformance selftest --whole $(ARGS)
	@$(BIN)/conformance selftest --seeds 10 $(ARGS)
	@$(BIN)/python .ci/selftest.py

bench: $(STAMP) ## measure against the peers; prints ratios, writes picture and raw data
	@$(BIN)/python -m tests.benchmarks $(ARGS)

wheel: $(STAMP) ## build sdist and wheel into dist/
	@$(BIN)/python -m build --no-isolation --outdir dist .

javascript: $(STAMP) ## pack the npm package into dist/ (the mock serves it too: /_mock/javascript.tgz)
	@$(BIN)/python -c 'from pathlib import Path; from mockserver.control import pages; print(pages.write_javascript_package(Path("dist")))'

clean: ## remove what builds and tools left behind (.venv stays)
	@rm -rf dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .out
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
