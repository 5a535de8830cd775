"""Four members on one machine: they know each other, and nobody else is let in."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from oracle.errors import Fatal
from scripts.consortium.member import Member, free_ports
from scripts.consortium.programs import CHAIN_ID, GENESIS, Programs

NAMES = ("maker", "owner", "repairer", "recycler")
COINS = hex(10**18)
"""geth proposes one wei a gas to who asks it for a price, and then wants to see the wei. They are worth nothing."""


class Network:
    """`members` in the order of NAMES. Ends all that it started."""

    def __init__(self, folder: Path, programs: Programs, with_coins: Sequence[str]) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._folder, self._programs = folder, programs
        self._genesis = folder / "genesis.json"
        document = json.loads(GENESIS.read_text())
        document["alloc"] |= {address: {"balance": COINS} for address in with_coins}
        self._genesis.write_text(json.dumps(document))
        ports = free_ports(len(NAMES))
        self.members = [Member(name, folder / name, programs, port) for name, port in zip(NAMES, ports, strict=True)]

    def __enter__(self) -> Self:
        try:
            for member in self.members:
                member.prepare(self._genesis)
            self._exchange_keys()
            for member in self.members:
                self.start(member)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, member: Member) -> None:
        member.start([other for other in self.members if other is not member])

    def stop(self) -> None:
        for member in self.members:
            member.stop()

    def running(self) -> list[Member]:
        return [member for member in self.members if member.running]

    def await_block(self, number: int, seconds: float = 60.0) -> None:
        """Until all that run have it."""
        self.wait(
            lambda: all((member.height() or 0) >= number for member in self.running()), seconds, f"block {number}"
        )

    def wait(self, happened: Callable[[], bool], seconds: float, what: str) -> None:
        """Raises Fatal where it does not happen in time, or a member that should run has ended."""
        limit = time.monotonic() + seconds
        while not happened():
            if time.monotonic() > limit:
                raise Fatal("consortium", f"no {what} in {seconds:.0f} s", f"Look at the logs in {self._folder}.")
            time.sleep(0.2)

    def agree_on(self, number: int) -> bool:
        """Whether all that run have the same block of that number."""
        answers = [member.ask("eth_getBlockByNumber", hex(number), False) for member in self.running()]
        return len({answer["hash"] for answer in answers if isinstance(answer, dict)}) == 1 and None not in answers

    def _exchange_keys(self) -> None:
        """On one machine in one go. Members elsewhere make their own and send each other the public ones."""
        homes = [str(member.home) for member in self.members]
        command = [str(self._programs.sealer), "init", f"cise-{CHAIN_ID}", *homes]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise Fatal("consortium", made.stderr.strip()[-500:], "Look at what the sealer says.")
        for member, name in zip(self.members, made.stdout.split(), strict=True):
            member.sealer_id = name
