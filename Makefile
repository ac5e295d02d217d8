# Everything there is to do here. `make` alone lists it.

PYTHON ?= python3
BIN := .venv/bin
DEMO := demo

# The demo has its own home, so it never touches yours.
demo: export TAILPIPE_HOME := $(CURDIR)/$(DEMO)/home
demo: export DAGSTER_HOME := $(CURDIR)/$(DEMO)/home/dagster
demo: export TAILPIPE_CONFIG_PATH := $(CURDIR)/hcl:$(CURDIR)/hcl/detections

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo test torture check format bench clean

help: ## List what can be made.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/.installed ## Collect a week of sample logs, ask three questions and see the attack in them found.
	@printf '\n== 1. Write a week of sample logs\n\n'
	@$(BIN)/python -m tailpipe_assets.samples $(DEMO)/logs
	@printf '\n== 2. Collect them, as hcl/tailpipe.hcl says\n\n'
	@$(BIN)/tailpipe collect
	@printf '\n== 3. What goes on in the AWS accounts?  (hcl/queries/top_events.sql)\n\n'
	@$(BIN)/tailpipe query hcl/queries/top_events.sql
	@printf '\n== 4. Who guesses passwords?  (hcl/queries/failed_logins.sql)\n\n'
	@$(BIN)/tailpipe query hcl/queries/failed_logins.sql
	@printf '\n== 5. What else did that address do, in all three logs?  (hcl/queries/suspect.sql)\n\n'
	@$(BIN)/tailpipe query hcl/queries/suspect.sql
	@printf '\n== 6. What did the detections find as the logs came in?  (hcl/detections)\n\n'
	@$(BIN)/tailpipe finding list
	@printf '\n== 7. And whom does it concern?  (hcl/alerts/screen.hcl)\n\n'
	@TAILPIPE_CONFIG_PATH=$$TAILPIPE_CONFIG_PATH:$(CURDIR)/hcl/alerts $(BIN)/tailpipe alert deliver
	@printf '\n== Now try\n\n'
	@printf '  %s\n' \
	  'export TAILPIPE_HOME=$$PWD/$(DEMO)/home' \
	  'export DAGSTER_HOME=$$TAILPIPE_HOME/dagster' \
	  'export TAILPIPE_CONFIG_PATH=$$PWD/hcl:$$PWD/hcl/detections' \
	  '' \
	  '# what did not fit, what can be asked, and that nothing is collected twice' \
	  '$(BIN)/tailpipe query "select reason, record from tailpipe_rejected limit 5"' \
	  '$(BIN)/tailpipe table show aws_cloudtrail_log' \
	  '$(BIN)/tailpipe collect' \
	  '' \
	  '# what a detection looks for, and whether it still does' \
	  '$(BIN)/tailpipe detection show aws_cloudtrail_log.trail_stopped' \
	  '$(BIN)/tailpipe detection test' \
	  '' \
	  '# assets, runs and checks in a browser, at http://127.0.0.1:3000' \
	  '$(BIN)/tailpipe server' \
	  ''

test: ## Run all tests; style, types and architecture are among them.
	@.ci/run

torture: .venv/.installed-dev ## Kill writers at random for a quarter of an hour, and check every answer.
	@$(BIN)/python -m tests.torture --seconds 600
	@$(BIN)/python -m tests.torture --seconds 180 --store s3
	@TAILPIPE_TEST_HISTORIES=2000 $(BIN)/python -m pytest -q tests/lake/test_histories.py

check: .venv/.installed-dev ## Check style, types and architecture only.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.installed-dev ## Lay the code out as the checks want it.
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: .venv/.installed-bench ## Measure how fast logs are collected and queried.
	@$(BIN)/python -m tests.benchmarks

clean: ## Remove the demo, build results and caches; keeps .venv.
	rm -rf $(DEMO) build dist *.egg-info .coverage .hypothesis
	rm -rf .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

# --- The virtual environment, made anew only when pyproject.toml says something else ---

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	@$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml | .venv/bin/python
	@printf 'Installing Tailpipe into .venv (a minute, the first time) ...\n'
	@$(BIN)/python -m pip install -qq -e .
	@touch $@

.venv/.installed-dev: pyproject.toml | .venv/bin/python
	@printf 'Installing Tailpipe and what its tests need into .venv (a minute, the first time) ...\n'
	@$(BIN)/python -m pip install -qq -e '.[dev]'
	@touch .venv/.installed $@

.venv/.installed-bench: pyproject.toml | .venv/bin/python
	@printf 'Installing Tailpipe and what its benchmarks compare it with into .venv ...\n'
	@$(BIN)/python -m pip install -qq -e '.[bench]'
	@touch .venv/.installed $@
