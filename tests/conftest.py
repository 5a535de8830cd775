"""Two kinds of tests share this file: those on brownie's chain (`CHAIN_FOLDERS` in tests/environment.py)
and plain Python ones, which also run with `-p no:pytest-brownie`, without compiling or starting anything."""

import os
import sys

import hypothesis
import pytest
from hypothesis.database import DirectoryBasedExampleDatabase

from tests.environment import ROOT

# Before any of them is imported: a failed assertion in a helper shall show its values too.
pytest.register_assert_rewrite("tests.helpers", "tests.fixtures")

BROWNIE = "brownie.test.plugin" in sys.modules

pytest_plugins = ["tests.fixtures.node"]
if BROWNIE:
    pytest_plugins += [f"tests.fixtures.{name}" for name in ("protocol", "economy", "bazaar", "rounds")]
    from tests.fixtures import private_chain

    # Imported into this file, not listed as a plugin, so that they win over brownie's fixtures of the same names.
    from tests.fixtures.private_chain import fn_isolation, module_isolation  # noqa: F401

# The same examples in every run of `make test`: a failure is a change in the code. `make fuzz` draws fresh ones.
EXAMPLES = DirectoryBasedExampleDatabase(str(ROOT / ".hypothesis" / "examples"))
COMMON = {"deadline": None, "print_blob": True, "database": EXAMPLES}
hypothesis.settings.register_profile("test", max_examples=50, derandomize=True, **(COMMON | {"database": None}))
hypothesis.settings.register_profile("fuzz", max_examples=1_000, stateful_step_count=60, **COMMON)


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    if BROWNIE:
        private_chain.configure(config)
    hypothesis.settings.load_profile(os.environ.get("CISE_TEST_PROFILE", "test"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish():
    if BROWNIE:
        private_chain.quieten_collector()
