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

# Our own checks need a Python to run in.
define need-python
	@command -v $(PYTHON) >/dev/null || { echo "✗ 没有 $(PYTHON)"; \
	echo "  安装 Python 3.11、3.12 或 3.13（Debian：apt-get install python3 python3-venv），或写明用哪个：make demo PYTHON=python3.11"; exit 1; }
endef

$(VENV)/.runtime: requirements.lock pyproject.toml
	$(need-python)
	$(PYTHON) tools/install.py runtime

$(VENV)/.tests: requirements-dev.lock pyproject.toml
	$(need-python)
	$(PYTHON) tools/install.py tests

clean:
	rm -rf $(VENV) .weimin
