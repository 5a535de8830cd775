from tests.e2e.fixtures import deployed_world  # noqa: F401 - a fixture of this folder
