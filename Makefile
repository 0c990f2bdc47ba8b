# Everything here works from a fresh clone with Python 3.11 or later; each command installs into .venv what it needs.
#   make demo     the exercise: estimated, then explained
#   make test     all tests, real Keras among them
#   make test-xla live tests of XLA's compiler for GPUs, which needs no GPU (Linux; installs some 1.2 GB)
#   make check    the fast gate: format, lint, types, imports, doctests, tests without TensorFlow
#   make fuzz     20,000 each of broken model files, Keras configs, archives and command lines
#   make package  the wheel and the source distribution, built, installed in an empty environment and tried
#   make docs     the documentation, strictly, into site/
#   make bench    speed beside Keras, compared with what is recorded (bench-record, bench-peers)
#   make format   format the code and mend what ruff can mend
#   make clean    remove what was built, but not .venv (make distclean removes that too)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
EXERCISE := examples/geron_exercise.yaml

.PHONY: demo test test-xla check fuzz package docs bench bench-record bench-peers format clean distclean
.NOTPARALLEL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := demo

demo: $(VENV)/.installed
	$(BIN)/cnncalc estimate $(EXERCISE)
	@echo
	$(BIN)/cnncalc explain $(EXERCISE)
	@echo
	@echo 'Is it true? "make test" checks it against real Keras.'

test: $(VENV)/.installed-test $(VENV)/.installed-test-keras
	$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4

test-xla: $(VENV)/.installed-test $(VENV)/.installed-xla
	$(BIN)/python -m pytest tests/xla

check: $(VENV)/.installed-lint $(VENV)/.installed-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest --quiet --ignore=tests/keras -m 'not keras' --numprocesses=auto --maxprocesses=4

fuzz: $(VENV)/.installed-test
	$(BIN)/python -m pytest tests/test_fuzz.py --hypothesis-profile=fuzz --numprocesses=auto --maxprocesses=4

package: $(VENV)/.installed-package
	$(BIN)/python tests/try_package.py

docs: $(VENV)/.installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo 'The documentation is in site/index.html.'

# Compares with what is recorded; bench-record records instead, and writes docs/benchmarks.md.
bench: .benchmarks/run.json
	$(BIN)/python -m benchmarks.speed.results $<

bench-record: .benchmarks/run.json
	$(BIN)/python -m benchmarks.speed.results $< --record
	$(BIN)/python -m benchmarks.speed.render

.PHONY: .benchmarks/run.json
.benchmarks/run.json: $(VENV)/.installed-bench $(VENV)/.installed-test-keras
	@$(BIN)/python -m compileall -q src
	@mkdir -p $(@D)
	$(BIN)/python -m pytest benchmarks/speed/test_speed.py --quiet -p no:xdist -W ignore --benchmark-json=$@

# PyTorch, its tools and Keras, in an environment of their own. Measures the rows that peers.json lacks.
PEERS := .venv-peers
bench-peers:
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip --disable-pip-version-check --quiet install --editable '.[bench-peers]'
	$(PEERS)/bin/python -m benchmarks.speed.peers
	$(PEERS)/bin/python -m benchmarks.speed.render

format: $(VENV)/.installed-lint
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

clean:
	rm -rf site dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .benchmarks
	find src tests benchmarks examples -name __pycache__ -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV) $(PEERS)

# The stamps: an extra is installed again only when pyproject.toml has changed.
$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "cnncalc needs Python 3.11 or later; try: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: pyproject.toml $(VENV)/.created
	$(PIP) install --editable .
	@$(BIN)/python -m compileall -q src  # else a shell that writes no bytecode compiles it at every start
	@touch $@

$(VENV)/.installed-%: pyproject.toml $(VENV)/.created
	$(PIP) install --editable '.[$*]'
	@touch $@ $(VENV)/.installed
