#!/bin/sh
# Make both lock files anew: every package with the hashes of all its files, for all platforms.
set -eu
cd "$(dirname "$0")/.."
export UV_CUSTOM_COMPILE_COMMAND="tools/lock.sh"
uv pip compile --universal --generate-hashes --python-version 3.11 -q pyproject.toml \
    --group build -o requirements.lock
uv pip compile --universal --generate-hashes --python-version 3.11 -q pyproject.toml \
    --group build --group test --group check -c requirements.lock -o requirements-dev.lock
