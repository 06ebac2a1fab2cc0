# make demo   sets up and runs the main job on simulated gait data
# make test   sets up and runs all tests
# make docs   builds the site of the documentation into build/site
# make dist   builds the wheel and the source archive into dist
# make revalidate   measures published figures of gait on the simulator again
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= locomotion-demo
DIST ?= dist
PYTEST_ARGS ?=
REVALIDATE_ARGS ?=

# Modules are compiled once and kept: the tests start many processes, and each would compile them anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test check docs dist bench revalidate clean
.DELETE_ON_ERROR:

demo: $(VENV)/.installed-core
	$(BIN)/locomotion demo --out $(OUT)

# One thread of BLAS and PyTorch a process: with more, processes that run side by side wait for each other.
test: $(VENV)/.installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.installed-docs
	OMP_NUM_THREADS=1 $(BIN)/python -m sphinx -b html -W --keep-going -q -j auto -d build/doctrees docs build/site
	@echo "open build/site/index.html"

# The wheel is built from the source archive: what the archive lacks fails here.
dist: $(VENV)/.installed-build
	$(BIN)/python -m build --outdir $(DIST)

bench: $(VENV)/.installed-dev
	for script in benchmarks/bench_*.py; do $(BIN)/python $$script || exit 1; done

revalidate: $(VENV)/.installed-core
	$(BIN)/python -m revalidation $(REVALIDATE_ARGS)

clean:
	rm -rf $(VENV) $(OUT) $(DIST) build docs/api docs/auto_gallery

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed-core: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --no-compile -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --no-compile -c constraints.txt -e '.[io,excel,opensim,deep,tensorboard,models,onnx,serve,monitor,registry,explain,tuning,cluster,xarray,polars,cards,timeseries,bayes,dev]'
	@touch $@ $(VENV)/.installed-core

$(VENV)/.installed-docs: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --no-compile -c constraints.txt -e '.[io,deep,timeseries,serve,monitor,docs]'
	@touch $@ $(VENV)/.installed-core

$(VENV)/.installed-build: constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --no-compile -c constraints.txt build
	@touch $@
