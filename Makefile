# Two commands do everything: `make demo` and `make test`. Both print what they do and can be
# run again. Behind them stand plain commands: see README.
#
# make demo PORT=8001 WEIMIN_HOME=/tmp/demo   another port, another data folder
# make demo PYTHON=python3.12                 another Python, for the first time
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check bench offline clean

demo: $(VENV)/.runtime
	$(BIN)/weimin demo --port $(PORT)

test: $(VENV)/.tests
	$(BIN)/python -m tests.run

check: $(VENV)/.tests
	$(BIN)/lint-imports
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.tests
	$(BIN)/python -m bench

offline:
	$(PYTHON) tools/offline.py

$(VENV)/.runtime: requirements.lock pyproject.toml
	$(PYTHON) tools/install.py runtime

$(VENV)/.tests: requirements-dev.lock pyproject.toml
	$(PYTHON) tools/install.py tests

clean:
	rm -rf $(VENV) .weimin
