# Every task of a working day. `make` alone prints the list. Needs only make and Python 3.11 or later.

MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)

say = @printf '\n== %s\n' '$(1)'

# A stamp is named after what it was built from, so a finished build is known by content, not by dates.
# A .venv that is half-built, was moved here, or has lost its Python has no valid stamp and is built again.
LOCKED := .venv/locked-$(shell { pwd; cat requirements/dev.txt; } | cksum | cut -d ' ' -f 1)
READY := .venv/ready-$(shell cksum < pyproject.toml | cut -d ' ' -f 1)
INBOX := src/parley/api/inbox/.built-$(shell find web src/parley/api src/parley/core tools/build_inbox.py -type f \
	\( -path 'web/*' -o -name '*.py' \) -not -path 'web/node_modules/*' -not -path 'web/openapi.json' \
	-not -path 'web/src/schema.d.ts' | LC_ALL=C sort | xargs cat | cksum | cut -d ' ' -f 1)
ifneq ($(shell test -x $(BIN)/python && echo yes),yes)
.PHONY: $(LOCKED)
endif

.PHONY: help
help:  ## Print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: $(READY)  ## Build .venv: everything locked, by hash, and Parley itself; does nothing when nothing changed
	@echo 'Ready: .venv is up to date.'

$(LOCKED):
	@if test -L .venv; then echo '.venv is a symbolic link to somewhere else: remove the link first.' >&2; exit 1; fi
	@python=$$(tools/find-python) && \
		echo "Building .venv with $$python. It takes about a minute, and again only when a lock changes." && \
		rm -rf .venv/locked-* .venv && "$$python" -m venv .venv
	@$(PIP) install -qq --require-hashes --requirement requirements/dev.txt
	@touch $@

$(READY): $(LOCKED)
	@echo 'Installing Parley into .venv: a few seconds.'
	@rm -f .venv/ready-*
	@$(PIP) install -qq --no-index --no-deps --no-build-isolation --editable .
	@$(PIP) check
	@touch $@

.PHONY: inbox
inbox: $(INBOX)  ## Build the agents' inbox from web/; does nothing when nothing changed
	@echo 'Ready: the inbox is up to date.'

$(INBOX): $(READY)
	@echo 'Building the inbox: a few seconds.'
	@rm -f src/parley/api/inbox/.built-*
	@$(BIN)/python tools/build_inbox.py
	@touch $@

.PHONY: demo
demo: $(READY) $(INBOX)  ## Show Parley at work (ONCE=1: once through, then stop; LIFE=0: without simulated people)
	@$(BIN)/parley demo $(if $(ONCE),--once) $(if $(filter 0,$(LIFE)),--no-life)

.PHONY: test
test: check cover $(INBOX)  ## All checks, then all tests
	@tools/find-browser
	$(call say,pytest: all tests)
	@$(BIN)/python -m pytest

.PHONY: check
check: $(READY)  ## The checks without the tests
	$(call say,ruff: rules)
	@$(BIN)/ruff check
	$(call say,ruff: format)
	@$(BIN)/ruff format --check
	$(call say,mypy: types)
	@$(BIN)/mypy
	$(call say,import-linter: rooms)
	@$(BIN)/lint-imports --no-logo

.PHONY: fast
fast: $(READY) $(INBOX)  ## The tests without the slow ones (crash, browser)
	@$(BIN)/python -m pytest -m 'not crash and not browser'

.PHONY: cover
cover: $(READY)  ## Core, tested by tests/core alone, line by line and branch by branch
	$(call say,coverage: core by its own tests)
	@$(BIN)/coverage run -m pytest --quiet tests/core
	@$(BIN)/coverage report --include 'src/parley/core/*' --fail-under 100

.PHONY: crash
crash: $(READY)  ## Kill a real server again and again: nothing answered may be lost (long)
	@$(BIN)/python -m tests.crash $(ARGS)

.PHONY: bench
bench: $(READY)  ## The benchmarks (ARGS=… goes to them)
	@$(BIN)/python -m bench $(ARGS)

.PHONY: format
format: $(READY)  ## Format the code and mend what can be mended safely
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format

.PHONY: figures
figures: $(READY)  ## Report the lengths of functions and files
	@$(BIN)/python tools/figures.py

.PHONY: lock
lock: $(LOCKED)  ## Write the locks after a change of requirements (UPGRADE=1: newest versions)
	@$(UV_COMPILE) pyproject.toml --output-file requirements/run.txt
	@$(UV_COMPILE) pyproject.toml requirements/dev.in requirements/bench.in \
		--constraints requirements/run.txt --output-file requirements/dev.txt
	@$(UV_COMPILE) requirements/clients.in --output-file requirements/clients.txt
	@echo 'Written: requirements/run.txt, dev.txt and clients.txt.'

.PHONY: clean
clean:  ## Remove .venv and everything else that was made here
	@if test -L .venv; then echo '.venv is a symbolic link to somewhere else: remove the link first.' >&2; exit 1; fi
	rm -rf src/parley/api/inbox web/node_modules bench/page/node_modules web/openapi.json web/src/schema.d.ts screenshots
	rm -rf .venv/locked-* .venv dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
