"""Gas of settling and sharing, beside a loop of ERC-20 transfers, OpenZeppelin's PaymentSplitter and the floor."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.chain.contracts import encode
from scripts.bench.fleet import EUR, HOLD, PROVIDER, RELAYER, Fleet, deploy_artefact, running_fleet
from scripts.bench.report import ROOT, Figure, Result

PEER = ROOT / "node_modules" / "openzeppelin-contracts-4.9" / "build" / "contracts" / "PaymentSplitter.json"
SIZES = (1, 10, 50, 200)
PAYEES = (3, 5, 10)
RECORD_BYTES = 152
USES = 1_000
PRICES = (
    # where, gwei per gas, price of the chain's coin in euro
    ("local chain or consortium, gas price zero", 0.0, 0.0),
    ("layer 2 at 0.01 gwei, coin at 3,000 EUR (assumed)", 0.01, 3_000.0),
    ("main chain at 1 gwei, coin at 3,000 EUR (assumed)", 1.0, 3_000.0),
)


def measure() -> Result:
    with running_fleet() as fleet:
        fleet.hire(200)
        _warm_up(fleet)
        transfer = _transfer(fleet)
        figures, batch, refill = _settlements(fleet, transfer)
        figures += _distributions(fleet, transfer)
        figures += _prices(batch, refill, transfer)
    notes = [
        "200 meters of 200 customers, 10 tariffs, 4 splits; every slot holds something before and is cold "
        "at the start of "
        "the transaction; every reading has a telemetry root. Whole transactions, calldata included.",
        "Floor: 21,000 / n + 152 bytes × 16 + ecrecover 3,000 + 5,000 for the agreement's slot + 2,100 to "
        "read the route "
        "+ 1,080 for the event + (5,000 + 2,600) × splits / n. No contract, only what the chain itself takes.",
        "The ERC-20 transfer moves money once; a settled reading proves the meter's signature, prices the "
        "usage, debits "
        "the hold and credits the split.",
        "PaymentSplitter pays one payee a transaction; its figure is the sum over all payees, without "
        "bringing the money in.",
    ]  # fmt: skip
    return Result("gas", "Gas", figures, notes)


def _warm_up(fleet: Fleet) -> None:
    """Every slot has been written, caps and splits' accounts included."""
    fleet.settle(fleet.batch(fleet.hired, 1, 1_000))
    fleet.settle(fleet.batch(fleet.hired, 2, 2_000))
    fleet.settle(fleet.batch(fleet.hired, 3, HOLD))


def _settlements(fleet: Fleet, transfer: int) -> tuple[list[Figure], int, int]:
    figures = []
    used = 0
    charge = HOLD
    for sequence, size in enumerate(SIZES, 4):
        charge += 1_000
        used = fleet.settle(fleet.batch(fleet.hired[:size], sequence, charge)) // size
        goal = {1: (70_000, "≤ 70,000"), 200: (17_000, "≤ 17,000")}.get(size)
        figures.append(
            Figure(
                f"settle, a reading in a batch of {size}",
                f"{used:,} gas",
                f"floor {_floor(size):,}; {used / transfer:.2f} × an ERC-20 transfer ({transfer:,})",
                goal[1] if goal else "",
                used <= goal[0] if goal else None,
            )
        )
    refill = fleet.settle(fleet.batch(fleet.hired, 8, 2 * HOLD - 1_000)) // len(fleet.hired)
    figures.append(
        Figure("settle, a reading in a batch of 200, a refill in each", f"{refill:,} gas", f"{used:,} without a refill")
    )
    return figures, used, refill


def _floor(size: int) -> int:
    splits = min(size, 4)
    per_reading = RECORD_BYTES * 16 + 3_000 + 5_000 + 2_100 + 1_080
    return (21_000 + splits * 7_600) // size + per_reading


def _transfer(fleet: Fleet) -> int:
    """An ERC-20 transfer between two that hold something."""
    functions = fleet.currency.functions
    target = fleet.accounts[PROVIDER]
    for account in (RELAYER, PROVIDER):
        fleet.send(RELAYER, fleet.currency.address, encode(functions.mint(fleet.accounts[account], EUR)))
    fleet.send(RELAYER, fleet.currency.address, encode(functions.transfer(target, 10)))
    return fleet.send(RELAYER, fleet.currency.address, encode(functions.transfer(target, 10)))


def _distributions(fleet: Fleet, transfer: int) -> list[Figure]:
    """Of fees that readings have brought, to payees that hold something already."""
    figures = []
    functions = fleet.platform.splitter.functions
    ledger, currency = fleet.platform.accounts, fleet.currency
    pot = int(currency.address, 16)
    mint = currency.functions.mint(fleet.accounts[RELAYER], 100 * EUR)
    fleet.send(RELAYER, currency.address, encode(mint))
    fleet.send(RELAYER, currency.address, encode(currency.functions.approve(ledger.address, 100 * EUR)))
    fleet.send(
        RELAYER, ledger.address, encode(ledger.functions.deposit(currency.address, fleet.accounts[RELAYER], 50 * EUR))
    )
    for count in PAYEES:
        payees = fleet.accounts[9 : 9 + count]
        split = fleet.add_split(payees)
        used = 0
        for _ in range(3):
            gift = ledger.functions.transfer(functions.accountOf(split).call(), pot, EUR)
            fleet.send(RELAYER, ledger.address, encode(gift))
            used = fleet.send(
                RELAYER, fleet.platform.splitter.address, encode(functions.distribute(split, currency.address))
            )
        peer = _payment_splitter(fleet, payees)
        figures.append(
            Figure(
                f"distribute to {count} payees",
                f"{used:,} gas",
                f"PaymentSplitter 4.9 {peer:,} in {count} transactions; {count} ERC-20 transfers {count * transfer:,}",
                "≤ 90,000" if count == 5 else "",
                used <= 90_000 if count == 5 else None,
            )
        )
    return figures


def _payment_splitter(fleet: Fleet, payees: Sequence[str]) -> int:
    """OpenZeppelin 4.9's, as published: one `release(token, account)` per payee, the second time round."""
    peer = deploy_artefact(fleet, PEER, list(payees), list(range(1, len(payees) + 1)))
    release = peer.get_function_by_signature("release(address,address)")
    used = 0
    for _ in range(2):
        fleet.send(RELAYER, fleet.currency.address, encode(fleet.currency.functions.transfer(peer.address, EUR)))
        used = sum(
            fleet.send(RELAYER, peer.address, encode(release(fleet.currency.address, payee))) for payee in payees
        )
    return used


def _prices(batch: int, refill: int, transfer: int) -> list[Figure]:
    figures = []
    for where, gwei, coin in PRICES:

        def price(gas: float, gwei: float = gwei, coin: float = coin) -> str:
            return f"{gas * gwei * 1e-9 * coin:.6f}".rstrip("0").rstrip(".") + " EUR"

        figures.append(
            Figure(
                f"{USES:,} uses folded into one reading: {where}",
                price(batch),
                f"{USES:,} ERC-20 transfers {price(transfer * USES)}; each use in a reading of its own "
                f"{price(batch * USES)}",
            )
        )
    return figures
