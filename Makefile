# Everything runs in .venv, which the targets set up themselves. Needed: git, make, Python 3.11 or newer.
# To choose the Python: make PYTHON=python3.12 test

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEV := $(VENV)/.installed-dev
BENCH := $(VENV)/.installed-bench
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# Pyright would otherwise look on the network for a newer self.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.DEFAULT_GOAL := all
.PHONY: all demo replay test check laws packs bench sbom clean
.DELETE_ON_ERROR:

all: test demo

# A ward of made-up patients in a ledger of its own: opened in the terminal, or printed where there is none.
demo: $(DEV)
	@$(BIN)/titration demo

# The same ward as files: written, replayed, and one patient assessed in both languages.
replay: $(DEV)
	$(BIN)/python examples/make_ward.py
	$(BIN)/titration replay build/ward --out build/replay --html build/replay/report.html
	$(BIN)/titration assess build/ward --patient W01 --lang en
	$(BIN)/titration assess build/ward --patient W01 --lang zh

test: check
	$(BIN)/python -m pytest -n 2

# Lint, layout, types, import contracts.
check: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports --no-logo

# The property tests again, with many more examples and fresh seeds.
laws: $(DEV)
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -n 2 tests/laws

# The heavier searches over the packs: every obligation proved again, every slip tried on the worked cases, every law per pack.
packs: $(DEV)
	$(BIN)/titration packs prove --all
	$(BIN)/titration packs mutate --all
	$(BIN)/python -m pytest --titration-rules rules -n 2

bench: $(BENCH)
	$(BIN)/python -m bench

# What is installed with the program, with versions and licences, as CycloneDX JSON.
sbom: $(DEV)
	@mkdir -p build
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --of JSON -o build/sbom.json $(BIN)/python
	@$(BIN)/python -c "import json; s = json.load(open('build/sbom.json')); print('build/sbom.json:', len(s['components']), 'components')"

clean:
	rm -rf build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -path ./$(VENV) -prune -o -type d -name __pycache__ -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "error: titration needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || true)." >&2; \
	  echo "       Install one and name it: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "error: '$(PYTHON) -m venv $(VENV)' failed (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }

$(DEV): pyproject.toml | $(BIN)/python
	@echo "setting up $(VENV) ..."
	@$(INSTALL) -e '.[dev]' || { \
	  echo "error: installing the development tools into $(VENV) failed; pip's message is above." >&2; \
	  echo "       Check the network or the package index, then run make again." >&2; exit 1; }
	@touch $@

$(BENCH): $(DEV)
	@$(INSTALL) -e '.[bench]' || { \
	  echo "error: installing the benchmark rivals (polars, duckdb) into $(VENV) failed; pip's message is above." >&2; exit 1; }
	@touch $@
