"""The contracts of financing rounds, as far as this auditor knows them.

It checks that they were created from the published code, know the right neighbours, and hold nothing until a round is
opened. Rounds themselves are reported as not checked.
"""

from __future__ import annotations

from collections.abc import Iterator

from oracle.audit.abi import Value
from oracle.audit.findings import Place
from oracle.audit.replay.world import Call, Handler, Module, Path


class _Untouched(Module):
    """Has no function that a platform without rounds calls, and no word of storage."""

    MODELLED = False

    def handlers(self) -> dict[str, Handler]:
        return {}

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield from ()


class RoundBook(Module):
    CONTRACT = "RoundBook"
    MODELLED = False

    def handlers(self) -> dict[str, Handler]:
        return {"setAuthority": self.set_authority, "pause": self.pause, "unpause": self.unpause}

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        self.begin_managed(call, arguments[0])

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield from self.managed_storage()
        yield ("_paused",), self.paused


class CoFinancing(_Untouched):
    CONTRACT = "CoFinancing"


class RoundCollateral(_Untouched):
    CONTRACT = "RoundCollateral"
    NEIGHBOURS = (
        "PrepaidAccounts", "AssetRegistry", "FeeSplitter", "MeterRegistry", "Components", "ServiceMarket",
        "BuybackGuarantees", "RoundBook", "CoFinancing", "RoundBallots", "TitleAuction",
    )  # fmt: skip

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        """Its one argument is a struct of addresses."""
        place = Place(block=call.block, transaction=call.transaction, contract=self.CONTRACT, address=self.address)
        for name, argument in zip(self.NEIGHBOURS, arguments[0], strict=True):
            if self.world.addresses.get(name) != argument:
                self.world.findings.add("contract references", place, f"its {name} is not the one in the Directory")


class RoundBallots(_Untouched):
    CONTRACT = "RoundBallots"


class TitleAuction(_Untouched):
    CONTRACT = "TitleAuction"


class RoundViews(_Untouched):
    CONTRACT = "RoundViews"
