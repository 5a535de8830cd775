"""The small contracts again: the Directory and the list of admitted providers."""

from __future__ import annotations

from collections.abc import Iterator

from oracle.audit.abi import Value
from oracle.audit.replay.world import ZERO, Call, Handler, Module, Path, World


class Directory(Module):
    CONTRACT = "Directory"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.entries: dict[bytes, bytes] = {}

    def handlers(self) -> dict[str, Handler]:
        return {"set": self.set, "setAuthority": self.set_authority}

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        self.begin_managed(call, arguments[0])

    def set(self, call: Call, name: bytes, location: bytes) -> None:
        self.require_role(call, "set")
        self.refuse_unless(location != ZERO, "a name needs an address")
        self.refuse_unless(name not in self.entries, "what is listed never moves")
        self.entries[name] = location
        self.emit(call, "EntrySet", name, location)

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield from self.managed_storage()
        yield ("_names",), len(self.entries)
        for index, (name, location) in enumerate(self.entries.items()):
            yield ("_names", index), name
            yield ("_locations", name), location


class Eligibility(Module):
    CONTRACT = "EligibilityList"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.admitted: set[bytes] = set()

    def handlers(self) -> dict[str, Handler]:
        return {"admit": self.admit, "dismiss": self.dismiss, "setAuthority": self.set_authority}

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        self.begin_managed(call, arguments[0])

    def admit(self, call: Call, provider: bytes) -> None:
        self.require_role(call, "admit")
        self.refuse_unless(provider not in self.admitted, "admitted already")
        self.admitted.add(provider)
        self.emit(call, "ProviderAdmitted", provider)

    def dismiss(self, call: Call, provider: bytes) -> None:
        self.require_role(call, "dismiss")
        self.refuse_unless(provider in self.admitted, "not admitted")
        self.admitted.remove(provider)
        self.emit(call, "ProviderDismissed", provider)

    def refuses(self, _call: Call, asset: int) -> bool:
        return self.world.assets.known(asset).owner not in self.admitted

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield from self.managed_storage()
        for provider in self.admitted:
            yield ("isAdmitted", provider), True
