"""The flights' story on a few invented days: billed to the unit, the same every time, and whole after a kill."""

import signal
import subprocess
import sys

import pytest

from oracle.demo import flights
from oracle.demo.bulk import MOST_GAS, BulkNode
from oracle.demo.flights import run_flights
from oracle.demo.flights_check import Prices, recompute
from oracle.errors import Fatal
from tests.oracle.demo import flight_data

THRUST, HOUR = Prices(55_555_555_556, 120 * 10**12), Prices(97_222_222_222, 150 * 10**12)
KNOWN = {("N1AA", "UA"): (310, 3, 2), ("N2BB", "DL"): (633, 2, 4), ("N3CC", "DL"): (77, 1, 1)}
SHARED = {("N5EE", "9E"): (90, 2, 2), ("N5EE", "MQ"): (45, 1, 2)}
BILL = {
    **{
        pair: (minutes * 60 * engines * THRUST.second + count * engines * THRUST.cycle) // 10**6
        for pair, (minutes, count, engines) in (KNOWN | SHARED).items()
    },
    ("N4XX", "B6"): (120 * 60 * HOUR.second + 2 * HOUR.cycle) // 10**6,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return flight_data.write(tmp_path_factory.mktemp("flights"))


@pytest.fixture(scope="module")
def told(data):
    return run_flights(3, data=data)


def test_the_bill_from_the_csv_is_the_one_made_by_hand(data):
    bill = recompute(data, 3, THRUST, HOUR)
    assert bill.amounts == BILL
    assert (bill.flights, bill.not_billed) == (11, 2)


def test_all_balanced(told):
    assert told.claims.failed == []
    assert told.audit["clean"]
    assert told.holds
    assert told.figures["billed"] == str(sum(BILL.values()))
    assert told.figures["readings"] == 9


def test_says_what_it_flies_and_by_how_much_dates_shift(data):
    lines, stages = [], []
    run_flights(1, data=data, tell=lines.append, progress=lambda *at: stages.append(at))
    assert "4,748 days" in "\n".join(lines)
    assert any("without a tail number: listed, not billed" in line for line in lines)
    assert ("days settled", 2, 2) in stages


@pytest.mark.parametrize(("day", "left"), [(1, 9), (2, 6), (4, 1)])
def test_goes_on_after_a_kill_without_charging_anything_twice(data, told, tmp_path, day, left):
    command = [sys.executable, "-m", "tests.oracle.demo.flight_data", str(data), str(tmp_path), str(day)]
    killed = subprocess.run(command, check=False)
    assert killed.returncode == -signal.SIGKILL
    again = run_flights(3, tmp_path, data)
    assert again.holds
    assert again.figures["settledInThisRun"] == left
    for figure in ("billed", "readings", "billedByCarrier"):
        assert again.figures[figure] == told.figures[figure]
    # Once more: nothing is left to do.
    last = run_flights(3, tmp_path, data)
    assert last.holds
    assert last.figures["settledInThisRun"] == 0


def test_what_is_no_saved_chain_is_refused(data, tmp_path):
    folder = tmp_path / "1-days"
    folder.mkdir()
    (folder / flights.STATE).write_bytes(b"half a sta")
    with pytest.raises(Fatal, match="anvil_loadState is refused"):
        run_flights(1, tmp_path, data)


def test_no_transaction_above_the_limit_of_eip_7825():
    node = BulkNode(1)
    with pytest.raises(Fatal, match="16777216"):
        node.queue("0x" + "11" * 20, "0x" + "22" * 20, b"", MOST_GAS + 1)


def test_even_if_every_reading_came_with_a_refill_a_batch_fits():
    refill, reading, base = 35_000, 19_000, 100_000
    assert flights.BATCH * (refill + reading) + base <= MOST_GAS
