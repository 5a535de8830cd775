from tests.chaos.kill.conftest import begin_run, place  # noqa: F401 - fixtures of this folder
from tests.e2e.fixtures import deployed_world, start_oracle, world  # noqa: F401 - fixtures of this folder
