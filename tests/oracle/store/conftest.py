import pytest

from oracle.store.database import Database


@pytest.fixture
def database(tmp_path):
    found = Database(f"sqlite:///{tmp_path / 'oracle.db'}")
    found.migrate()
    yield found
    found.close()
