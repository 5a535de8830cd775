"""The bill: what was taken, from which signed reading, by which tariff line, in which transaction."""

import csv
import io

import pytest

from oracle.domain.forms import Signed
from oracle.domain.readings import Reading
from oracle.types import BaseUnits
from tests.e2e.world import CUSTOMER, HOLD, PROVIDER


@pytest.fixture
def billed(world, start_oracle):
    hire = world.hire(machine=world.machine(standing_per_day=BaseUnits(86_400)), money=3 * HOLD)
    oracle = start_oracle()
    readings = []
    for amount in (1_000, 600_000, 3):
        readings.append(hire.use(amount))
        oracle.post(readings[-1])
        oracle.settle()
    world.mine(seconds=100)
    oracle.cycle("index", "accrue")
    oracle.settle()
    return hire, oracle, readings


def get(oracle, hire, **options):
    with oracle.sign_in(CUSTOMER) as client:
        return oracle.get(f"/v1/agreements/{hire.agreement}/statement", client, **options)


def test_what_was_taken_sums_to_what_is_settled(world, billed):
    hire, oracle, _ = billed
    document = get(oracle, hire).json()
    settled = world.state(hire).settled
    assert sum(int(line["taken"]) for line in document["lines"]) == settled == int(document["settled"]["charge"])
    assert [line["kind"] for line in document["lines"]] == ["reading"] * 3 + ["standing"]
    assert [movement["kind"] for movement in document["movements"]] == ["AgreementOpened", "HoldRefilled"]


def test_each_line_carries_its_reading_signature_and_transaction(world, billed):
    hire, oracle, readings = billed
    document = get(oracle, hire).json()
    for line, signed in zip(document["lines"], readings, strict=False):
        assert Reading.parse(line["reading"]) == signed.reading
        shown = Signed(signed.reading, bytes.fromhex(line["signature"][2:]))
        shown.require_signer(world.platform.domains, hire.machine.key.address)
        assert world.client.receipt(line["transaction"]).block == line["block"]


def test_lines_are_exact_before_their_one_floor(billed):
    hire, oracle, _ = billed
    for line in get(oracle, hire).json()["lines"][:3]:
        items = line["usage"]["items"]
        assert sum(int(item["millionths"]) for item in items) // 1_000_000 == int(line["usage"]["charge"])
        standing = line["standing"]
        assert int(standing["charge"]) == int(standing["perDay"]) * standing["seconds"] // 86_400
        assert int(line["usage"]["charge"]) + int(standing["charge"]) == int(line["chargeAfter"])


def test_tax_is_inside_the_amount(world, billed):
    hire, oracle, _ = billed
    document = get(oracle, hire).json()
    assert document["taxBps"] == 1_900
    assert int(document["includedTax"]) == world.state(hire).settled * 1_900 // 11_900


@pytest.mark.parametrize("options", [{"params": {"format": "csv"}}, {"headers": {"Accept": "text/csv"}}])
def test_as_csv(billed, options):
    hire, oracle, _ = billed
    answer = get(oracle, hire, **options)
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    lines = get(oracle, hire).json()["lines"]
    assert [row["taken"] for row in rows] == [line["taken"] for line in lines]
    assert [row["register0"] for row in rows] == ["1000", "601000", "601003", ""]


def test_a_credit_note_is_a_movement(world, billed):
    hire, oracle, _ = billed
    provider = world.wallet(PROVIDER)
    credits = world.platform.addresses["CreditNotes"]
    provider.send(world.platform.accounts.functions.approve(credits, world.currency.id, 500))
    world.give(PROVIDER, 500)
    provider.send(world.platform.credits.functions.creditNote(hire.agreement, 2, 500, b"\x01" * 32))
    oracle.cycle("index")
    document = get(oracle, hire).json()
    assert (document["movements"][-1]["kind"], document["movements"][-1]["amount"]) == ("CreditNoteIssued", "500")
    assert document["settled"]["credited"] == "500"
