"""A few hundred seeded requests from the OpenAPI document: nothing breaks, nothing answers what is not documented."""

import pytest

from oracle.store import readings
from tests.e2e.world import CUSTOMER
from tests.helpers import plain_http
from tests.helpers.openapi_cases import Cases, run

SEED = 20_261_121
CASES = 500


@pytest.mark.parametrize("who", ["nobody", "customer"])
def test_no_answer_that_is_not_documented(world, start_oracle, who):
    hire, oracle = world.hire(), start_oracle()
    first, (measured, telemetry) = hire.use(1_000), hire.measured([1, 2])
    assert oracle.results(first, measured) == ["accepted", "accepted"]
    oracle.settle()
    with oracle.database.reading() as connection:
        before = readings.count(connection)
    parts = [first.to_json(), [first.to_json(), measured.to_json()], telemetry.to_json(), hire.status(1).to_json()]
    document = plain_http.get(f"{oracle.url}/openapi.json").json()
    headers = {} if who == "nobody" else dict(oracle.sign_in(CUSTOMER).headers)
    with plain_http.Client(base_url=oracle.url, headers=headers, timeout=10) as client:
        wrong, seen = run(client, Cases(document, SEED, parts, who != "nobody"), CASES)
    assert wrong == []
    assert {200, 400, 404, 422} <= set(seen)
    with oracle.database.reading() as connection:
        assert readings.count(connection) == before, "a bent copy of a signed reading was kept"
