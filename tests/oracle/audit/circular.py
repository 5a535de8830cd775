"""Machines out of parts, and what becomes of them: every path of Components and EndOfLife once."""

from __future__ import annotations

from oracle.audit import signatures
from tests.oracle.audit.beginning import (
    ANNA,
    BERT,
    CLARA,
    COMMUNITY,
    OWNER,
    REPAIRER,
    STATUS_UP,
    ZERO,
    Beginning,
    meter,
    word,
)
from tests.oracle.audit.support import DAY

REPAIR, HARVEST, RECYCLE = 2, 6, 7
RETIRED = 4
ASSEMBLY = (ZERO, 0)


class Circular(Beginning):
    def trees(self) -> None:
        """Assembled by the maker, sold whole, taken apart under lien; shares of two odometers."""
        names, tree = self.names, "Components"
        self.machine, self.motor, self.drum, self.seal, self.other = (self._made(name) for name in "abcde")
        self.send(REPAIRER, tree, "attach", self.drum, self.machine, ASSEMBLY)
        self._odometer(61, self.machine, 700)
        self._odometer(62, self.motor, 30)
        for part, parent in ((self.motor, self.machine), (self.seal, self.motor)):
            self.send(REPAIRER, tree, "attach", part, parent, ASSEMBLY)
        self._odometer(61, self.machine, 900)
        self.send(REPAIRER, "FeeSplitter", "create", names[REPAIRER], [(names[REPAIRER], 1)], [self.euro])
        self.send(REPAIRER, "AssetRegistry", "repoint", self.motor, self._last_split())
        self.send(REPAIRER, "AssetRegistry", "transferFrom", names[REPAIRER], names[OWNER], self.machine)

        self.send(OWNER, "AssetRegistry", "placeLien", self.machine, names[COMMUNITY])
        self.send(COMMUNITY, tree, "excludeFromLien", self.motor, True)
        self.send(OWNER, "AssetRegistry", "placeLien", self.motor, names[ANNA])
        self.send(ANNA, "AssetRegistry", "releaseLien", self.motor)
        step = self._decided(self.other, REPAIR)
        self.send(REPAIRER, tree, "consentToAttach", self.other, self.machine, step)
        self.send(COMMUNITY, "AssetRegistry", "releaseLien", self.machine)
        step = self._decided(self.machine, REPAIR, OWNER)
        self.send(REPAIRER, tree, "consentToAttach", self.other, self.machine, step)
        self.send(OWNER, tree, "attach", self.other, self.machine, step)
        self.send(CLARA, tree, "consentToDetach", self.motor, names[CLARA], step)
        self.send(OWNER, tree, "detach", self.motor, names[CLARA], step)
        self._odometer(62, self.motor, 40, CLARA)
        self.send(OWNER, tree, "detach", self.drum, names[OWNER], step)
        self.send(OWNER, tree, "attach", self.drum, self.machine, step)

    def ways_back(self) -> None:
        """Take-backs promised, declined and waived; a machine harvested, retired, accepted and recycled."""
        names, eol = self.names, "EndOfLife"
        until = self.on.now + 100 * DAY
        for asset in (self.machine, self.motor, self.seal):
            self.send(REPAIRER, eol, "promiseTakeBack", asset, until, word("terms"))
        self.send(REPAIRER, eol, "promiseTakeBack", self.machine, until + DAY, word("terms"))
        self.send(CLARA, eol, "waiveTakeBack", self.motor)
        step = self._decided(self.machine, HARVEST, OWNER)
        self.send(REPAIRER, eol, "decline", self.machine, word("no room"))
        step = self._decided(self.machine, HARVEST, OWNER)
        self.send(OWNER, "AssetRegistry", "setLifecycle", self.machine, RETIRED, word("done"))
        self.send(OWNER, "Components", "detach", self.other, names[OWNER], step)
        lines = [(word("copper"), 900, 1), (word("ABS"), 70, 2)]
        self.send(OWNER, eol, "recordRecovery", self.machine, lines, word("weighed"))
        self.send(OWNER, eol, "decide", self.machine, RECYCLE, names[BERT], word("rest"), "ipfs://rest")
        self.send(OWNER, "AssetRegistry", "approve", self.on.addresses["EndOfLife"], self.machine)
        self.send(BERT, eol, "acceptTitle", self.machine)
        self.send(BERT, eol, "recordRecovery", self.machine, [(word("steel"), 5, 0), (word("dust"), 1, 3)], word("w"))

    def _made(self, name: str) -> int:
        self.send(REPAIRER, "AssetRegistry", "register", word("part"), word(name), self.names[REPAIRER])
        return int(self.on.AssetRegistry.functions.assetCount().call())

    def _odometer(self, key: int, asset: int, odometer: int, owner: int = REPAIRER) -> None:
        """Binds the asset's meter where there is none, and records how far it has come."""
        present = self.on.MeterRegistry.functions.odometerOf(asset).call()
        if present[6] == 0:
            binding = (asset, bytes.fromhex(meter(key).address[2:]), 0, 1, 0, bytes(32), 0)
            values, possession = self.on.signed(meter(key), "MeterRegistry", signatures.METER_BINDING, *binding)
            self.send(owner, "MeterRegistry", "announceMeter", values, 1, possession, b"")
            self.send(owner, "MeterRegistry", "declareOdometerRate", asset, 1_000_000)
        self.on.later(DAY)
        values = (asset, present[0] + 1, self.on.now, STATUS_UP, 0, odometer)
        form, signature = self.on.signed(meter(key), "MeterRegistry", signatures.STATUS, *values)
        self.send(CLARA, "MeterRegistry", "recordStatus", form, signature)

    def _decided(self, asset: int, use: int, owner: int = REPAIRER) -> tuple[str, int]:
        """A decision, as a step."""
        self.send(owner, "EndOfLife", "decide", asset, use, ZERO, word("reason"), "")
        return self.on.addresses["EndOfLife"], int(self.on.EndOfLife.functions.decisionCount().call())

    def _last_split(self) -> int:
        number = 1
        while self.on.FeeSplitter.functions.exists(number + 1).call():
            number += 1
        return number
