"""What a story shows while it runs; a screen or a plain printer draws it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from oracle.demo.device_process import Turn
from oracle.parties.currencies import Currency


@dataclass(frozen=True, slots=True)
class Money:
    """The customer's figures; None where the oracle has not said them yet. *seen* and *settled* are never mixed."""

    wallet: int = 0
    free: int | None = None
    hold: int | None = None
    seen: int | None = None
    settled: int | None = None
    runs_out_in: int | None = None


@dataclass(frozen=True, slots=True)
class PayeeFigures:
    """`waiting`: settled, in the split, not distributed yet."""

    balance: int
    gained: int
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """One moment of the story."""

    title: str
    scene: str
    currency: Currency | None = None
    place: str = ""
    turn: Turn | None = None
    stop_text: str | None = None
    money: Money = field(default_factory=Money)
    payees: Mapping[str, PayeeFigures] = field(default_factory=dict)
    told: tuple[tuple[float, str], ...] = ()


class Screen(Protocol):
    def draw(self, picture: Picture) -> None: ...

    def tell(self, seconds: float, text: str) -> None:
        """One sentence of the story."""
        ...


class Stage:
    """Keeps the picture and hands every change to the screen."""

    def __init__(self, title: str, screen: Screen) -> None:
        self._screen = screen
        self._began = time.monotonic()
        self.picture = Picture(title, "")

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._began

    def scene(self, name: str) -> None:
        self.show(scene=name)

    def say(self, text: str) -> None:
        seconds = self.elapsed
        self.show(told=(*self.picture.told, (seconds, text)))
        self._screen.tell(seconds, text)

    def show(self, **changes: object) -> None:
        self.picture = replace(self.picture, **changes)  # type: ignore[arg-type]
        self._screen.draw(self.picture)
