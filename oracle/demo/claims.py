"""What a story asserts about itself, and whether it was so."""

from collections.abc import Callable
from dataclasses import dataclass, field

from oracle.errors import Rejected


@dataclass(frozen=True, slots=True)
class Claim:
    name: str
    expected: str
    found: str

    @property
    def holds(self) -> bool:
        return self.expected == self.found


@dataclass(slots=True)
class Claims:
    """Every claim is kept, also those that hold, so that a result shows what was looked at."""

    all: list[Claim] = field(default_factory=list)

    def equal(self, name: str, expected: object, found: object) -> None:
        self.all.append(Claim(name, str(expected), str(found)))

    def true(self, name: str, condition: bool) -> None:
        self.equal(name, "yes", "yes" if condition else "no")

    def refused(self, name: str, code: str, act: Callable[[], object]) -> None:
        """That the contracts say no, and why."""
        try:
            act()
            found = "done"
        except Rejected as error:
            found = error.code
        self.equal(name, code, found)

    @property
    def failed(self) -> list[Claim]:
        return [claim for claim in self.all if not claim.holds]
