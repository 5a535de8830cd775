"""What to buy: the fewest spares that serve as promised, and what they tie up beside a spare for each member."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from oracle.advice.pool_simulation import simulated
from oracle.advice.pools import WHO, Pool, Service, exact
from oracle.errors import Rejected

FEWEST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """`rows`: for 1, 2, … spares, some beyond those needed. `needed` None: no number of spares is enough."""

    rows: tuple[Service, ...]
    needed: int | None
    private: Service
    """Where each member keeps one spare of its own, for itself."""


@dataclass(frozen=True, slots=True)
class Capital:
    """What lies idle, in any unit of money: `spares` for all, and what members deposit; or one spare each."""

    members: int
    price: int
    deposit: int = 0

    def pooled(self, spares: int) -> int:
        return spares * self.price + self.members * self.deposit

    @property
    def private(self) -> int:
        return self.members * self.price

    def saved(self, spares: int) -> float:
        """Share of the private capital; below zero where the pool ties up more."""
        return 1 - self.pooled(spares) / self.private


def serve(pool: Pool, spares: int, seed: int) -> Service:
    """By theory where it is exact, else simulated."""
    return exact(pool, spares) or simulated(pool, spares, seed)


def plan(pool: Pool, fill: float, longest_wait_days: float | None, seed: int) -> Plan:
    """Simulated figures count as they are, without their margins."""
    if not 0 < fill < 1:
        raise Rejected("fill_out_of_range", WHO, "the fill rate lies between 0 and 1", str(fill))

    def enough(found: Service) -> bool:
        return found.fill >= fill and (longest_wait_days is None or found.wait_days <= longest_wait_days)

    rows: list[Service] = []
    needed: int | None = None
    for spares in range(1, 2 * len(pool.rates) + 1):
        rows.append(serve(pool, spares, seed))
        if needed is None and enough(rows[-1]):
            needed = spares
        if needed is not None and spares > needed and spares >= FEWEST_SHOWN:
            break
    return Plan(tuple(rows), needed, _private(pool, seed))


def _private(pool: Pool, seed: int) -> Service:
    """Means over the members, by their breakdowns."""
    each = [serve(one, 1, seed) for one in _alone(pool)]
    if len(each) == 1:
        return replace(
            each[0],
            spares=pool.members,
            standing=each[0].standing * pool.members,
            breakdowns=each[0].breakdowns * pool.members,
        )
    total = sum(one.breakdowns for one in each)
    return Service(
        pool.members,
        sum(one.fill * one.breakdowns for one in each) / total,
        sum(one.wait_days * one.breakdowns for one in each) / total,
        sum(one.standing for one in each),
        total,
        each[0].method,
    )


def _alone(pool: Pool) -> Iterator[Pool]:
    """A pool of one for each member that differs from the others."""
    for rate in pool.failures:
        yield replace(pool, members=1, failures=(rate,))
