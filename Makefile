# `make serve` and `make test` do all the set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

LOWEST := .venv-lowest
SERVERS ?= all
ENGINE ?= nx-27017
STATE := double kinds library prove sign_in test_readme.py tracker
# Half as many again as there are cores: many a test waits for a process, or for time to pass.
WORKERS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$((n + n / 2)))

# The tests begin hundreds of processes: what one has compiled the next one reads, even where images say otherwise.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: serve verify test test-slow test-lowest test-abroad test-engine servers engine browser lint compiled format lock benchmark dist site

serve: $(READY)  ## serve the double of this project
	$(BIN)/specdouble serve

verify: $(READY)  ## fuzz the double for its contract and rules
	$(BIN)/specdouble verify

test: $(READY)  ## lint, types and all tests but the slow ones
	$(MAKE) --no-print-directory --jobs=2 lint compiled
	$(BIN)/pytest -m "not slow" -n $(WORKERS)

test-slow: $(READY)  ## what takes minutes
	$(BIN)/pytest -m slow -n $(WORKERS) --maxschedchunk 1

test-lowest: $(READY)  ## the quick tests, with the oldest dependencies that pyproject.toml allows
	$(BIN)/python -m uv venv --quiet --clear $(LOWEST)
	$(BIN)/python -m uv pip install --quiet --python $(LOWEST) --resolution lowest-direct --all-extras --group dev --requirement pyproject.toml
	$(BIN)/python -m uv pip install --quiet --python $(LOWEST) --no-deps --no-build-isolation --editable .
	SPECDOUBLE_TEST_LOWEST=1 $(LOWEST)/bin/pytest -m "not slow" -n $(WORKERS)

servers: $(READY)  ## install servers of others into .servers/: make servers SERVERS="kinto powerdns"
	$(BIN)/python -m tests.abroad.servers install $(SERVERS)

browser: $(READY)  ## install a browser for the tests of the console, where none is installed
	command -v chromium || $(BIN)/playwright install --with-deps chromium

engine: $(READY)  ## build FerretDB into .servers/, where Go is installed: a second engine for the tests
	$(BIN)/python -m tests.engine.install

test-engine: $(READY)  ## the tests of state over another store: make test-engine ENGINE=ferretdb (or mongodb://HOST)
	SPECDOUBLE_TEST_ENGINE=$(ENGINE) $(BIN)/pytest -p tests.engine.elsewhere -m "not slow" -n $(WORKERS) $(STATE:%=tests/%)

test-abroad: servers  ## verify the servers of others by their own contracts
	$(BIN)/pytest -m slow -v tests/abroad/servers

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

compiled: $(READY)  # each worker would compile all tests anew; while mypy has one core, the other does it once
	@$(BIN)/pytest --collect-only --quiet >/dev/null 2>&1 || true # what is wrong is told when they run

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

benchmark: $(READY)  ## measure the double beside others
	$(BIN)/python -m benchmarks

dist: $(READY)  ## build wheel and sdist, and check both as an index would
	rm -rf dist
	$(BIN)/python -m uv build --quiet --out-dir dist
	$(BIN)/python -m uv tool run twine check --strict dist/*
	$(BIN)/python -m uv tool run check-wheel-contents dist/*.whl

site: $(READY)  ## build the documentation as a site, in site/
	$(BIN)/python -m uv tool run --from 'mkdocs<2' --with 'mkdocs-material>=9.6,<10' mkdocs build --strict

lock: $(READY)  ## pin all dependencies anew
	$(BIN)/python -m uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-annotate \
		--python-version 3.11 --all-extras --group dev --output-file requirements.lock pyproject.toml

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)
