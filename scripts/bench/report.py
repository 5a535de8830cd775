"""What a bench found, as text for the terminal, a page for readers and JSON for programs."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
DATA = ROOT / "docs" / "benchmarks.json"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `beside`: the floor or peer of the same run, in words. `reached` None: there is no goal."""

    name: str
    value: str
    beside: str = ""
    goal: str = ""
    reached: bool | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What one bench has to say. `notes`: conditions without which the figures mean little. `plot`: a file in docs/."""

    name: str
    title: str
    figures: Sequence[Figure]
    notes: Sequence[str] = ()
    plot: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where, when and of what a figure was measured."""

    machine: str
    cores: int
    system: str
    python: str
    date: str
    commit: str
    load: str

    @classmethod
    def now(cls) -> Origin:
        return cls(
            machine=_processor(),
            cores=os.cpu_count() or 0,
            system=f"{platform.system()} {platform.machine()}",
            python=platform.python_version(),
            date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            commit=_commit(),
            load=f"{os.getloadavg()[0]:.1f}",
        )

    def __str__(self) -> str:
        cores = f"{self.cores} × {self.machine}, {self.system}, Python {self.python}"
        return f"{cores} · {self.date} · commit {self.commit} · load {self.load}"


@dataclass(slots=True)
class Book:
    """The results of all benches: those of this run, and from the last one what was not run again."""

    results: dict[str, tuple[Result, Origin]] = field(default_factory=dict)

    @classmethod
    def load(cls) -> Book:
        if not DATA.is_file():
            return cls()
        book = cls()
        for entry in json.loads(DATA.read_text()):
            figures = [Figure(**figure) for figure in entry["result"].pop("figures")]
            book.results[entry["result"]["name"]] = (
                Result(figures=figures, **entry["result"]),
                Origin(**entry["origin"]),
            )
        return book

    def save(self, order: Sequence[str]) -> None:
        known = [self.results[name] for name in order if name in self.results]
        entries = [{"result": asdict(result), "origin": asdict(origin)} for result, origin in known]
        DATA.write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n")
        PAGE.write_text("\n".join(_page(known)) + "\n")


def show(result: Result, origin: Origin) -> None:
    print(f"\n{result.title}\n{origin}")
    for figure in result.figures:
        print(f"  {figure.name:58} {figure.value:>24}   {figure.beside}{_goal(figure)}")
    for note in result.notes:
        print(f"  · {note}")


def _goal(figure: Figure) -> str:
    if not figure.goal:
        return ""
    return f"   [goal {figure.goal}: {'reached' if figure.reached else 'not reached'}]"


def _page(results: Sequence[tuple[Result, Origin]]) -> list[str]:
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`; not edited by hand. Each figure stands beside its floor or a peer of "
        "the same run, with the",
        "machine, the date and the commit it was measured on. A goal that is not reached is shown as such.",
    ]
    for result, origin in results:
        lines += ["", f"## {result.title}", "", f"{origin}.", ""]
        lines += ["| figure | measured | floor or peer of the same run | goal |", "|---|---:|---|---|"]
        for figure in result.figures:
            goal = figure.goal and f"{figure.goal} {'✓' if figure.reached else '✗ not reached'}"
            lines.append(f"| {figure.name} | {figure.value} | {figure.beside} | {goal} |")
        if result.plot:
            lines += ["", f"![What the lines show is in the table above]({result.plot})"]
        if result.notes:
            lines += ["", *(f"* {note}" for note in result.notes)]
    return lines


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.is_file():
        for line in described.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"


def _commit() -> str:
    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "oracle", "contracts", "scripts")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + (" with changes" if changed else "")
