"""What a block of a test did to balances."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self


class BalanceChanges:
    """
    with BalanceChanges(lambda who: accounts.balanceOf(who, currency), customer, provider) as changes:
        ...
    assert changes == {customer: -5, provider: 5}
    """

    def __init__(self, balance_of: Callable[[Any], int], *owners: Any) -> None:
        self._balance_of = balance_of
        self._owners = owners
        self._before: list[int] = []
        self._changes: dict[Any, int] | None = None

    def __enter__(self) -> Self:
        self._before = [self._balance_of(owner) for owner in self._owners]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        after = [self._balance_of(owner) for owner in self._owners]
        self._changes = {o: b - a for o, a, b in zip(self._owners, self._before, after, strict=True)}

    def __getitem__(self, owner: Any) -> int:
        assert self._changes is not None, "the block has not ended"
        return self._changes[owner]

    def __eq__(self, other: object) -> bool:
        return self._changes == other

    def __repr__(self) -> str:
        return f"BalanceChanges({self._changes})"

    __hash__ = None  # type: ignore[assignment]
