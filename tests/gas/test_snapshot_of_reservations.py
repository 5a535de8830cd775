"""What booking a shared machine and checking in cost."""

from __future__ import annotations

from tests.contracts.market.booking import DAY, HOUR, Desk
from tests.helpers import clock

START = 2_100_000_000 // DAY * DAY


def test_a_booking_and_a_check_in(economy, deployment, gas):
    desk = Desk(economy, deployment.Reservations, economy.drill())
    clock.next_block_at(START - 2 * DAY)
    desk.set_rules()
    economy.deposit(desk.anna)
    economy.allow(desk.anna, 100 * 10**6, spender=deployment.Reservations)
    begin = START + HOUR
    # Another booking of the same day stands already, as in daily use.
    desk.book(begin + 9 * HOUR, begin + 10 * HOUR)
    booked = desk.contract.book(desk.drill.id, begin, begin + 8 * HOUR, 0, {"from": desk.anna})
    gas.check("book", booked)
    clock.next_block_at(begin)
    gas.check("check in", desk.contract.checkIn(booked.return_value, {"from": desk.anna}))
