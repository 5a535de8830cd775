from tests.e2e.fixtures import (  # noqa: F401 - fixtures of this folder
    deployed_world,
    own_world,
    start_oracle,
    start_own,
    world,
)
