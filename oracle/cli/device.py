"""`cise device`: a simulated machine that meters, asks for permits and stops itself."""

import json
import queue
import sys
import threading
from collections.abc import Mapping
from typing import Annotated

import typer
from rich.console import Console

from oracle.cli import output
from oracle.cli.meter_keys import Curve, MeterCurve, meter_key
from oracle.cli.options import Act, acts
from oracle.cli.session import running_door
from oracle.demo import machine
from oracle.device.runner import Pace, Report
from oracle.domain.readings import SignedReading
from oracle.errors import Rejected
from oracle.types import AgreementId, AssetId

app = typer.Typer(no_args_is_help=True, help="Simulated machines.")
LEVELS = ("0", "1", "2", "3")
HELP = "0–3: load level · start · stop · finish: final reading after the agreement's end · quit"


@app.command()
@acts
def run(
    me: Act,
    asset: Annotated[int, typer.Option("--asset", help="Which machine this is.", min=1)],
    agreement: Annotated[int, typer.Option("--agreement", help="Whom it serves.", min=1)],
    curve: Curve = MeterCurve.SECP256K1,
    kind: Annotated[str, typer.Option("--kind", help=" | ".join(machine.KINDS))] = "drill",
    door: Annotated[str | None, typer.Option("--door", help="The oracle's address.", metavar="URL")] = None,
    level: Annotated[int, typer.Option("--level", help="Load level at the start.", min=0, max=3)] = 1,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same samples.")] = 1,
    step_ms: Annotated[int, typer.Option("--step-ms", help="Milliseconds of one step.", min=50)] = 1_000,
    reading_ms: Annotated[int, typer.Option("--reading-ms", help="Milliseconds between readings.", min=50)] = 10_000,
    permit_ms: Annotated[int, typer.Option("--permit-ms", help="Milliseconds between questions.", min=50)] = 2_000,
    waits: Annotated[bool, typer.Option("--wait", help="Stand still until told to start.")] = False,
) -> None:
    """Run a machine. Standard input takes: 0–3 (load level), start, stop, finish, quit."""
    if kind not in machine.KINDS:
        raise typer.BadParameter(f"there is no simulated {kind}; there are: {', '.join(machine.KINDS)}")
    settings = me.session.settings
    plan = machine.MachinePlan(
        AssetId(asset),
        AgreementId(agreement),
        kind,
        meter_key(me.wallet.account, curve),
        settings.data_dir / f"asset-{asset}",
        door or running_door(settings),
        Pace(step_ms, min(50, step_ms), reading_ms, permit_ms),
        seed,
    )
    teller = _Teller(me.as_json)
    built = machine.set_up(me.client, me.platform, plan, teller.refused)
    built.simulated.level = level
    if not waits:
        built.runner.start()
    _serve(built, teller)
    built.meter.switch_off()


def _serve(built: machine.Machine, teller: "_Teller") -> None:
    """Turns until told to quit; end of input means nobody steers, not that the machine stops."""
    orders: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read_orders, args=(orders,), daemon=True).start()
    going = True

    def go_on() -> bool:
        nonlocal going
        while not orders.empty():
            match orders.get():
                case order if order in LEVELS:
                    built.simulated.level = int(order)
                case "start":
                    built.runner.start()
                case "stop":
                    built.runner.stop()
                case "finish":
                    built.runner.finish()
                    teller.finished(built.meter.latest(built.runner.agreement_id))
                case "quit":
                    going = False
                case unknown:
                    teller.say({"event": "unknown", "order": unknown, "orders": HELP}, f"{unknown}? {HELP}")
        return going

    try:
        built.runner.run(go_on, teller.report)
    except KeyboardInterrupt:
        built.runner.stop()
        teller.report(built.runner.turn())


def _read_orders(orders: "queue.SimpleQueue[str]") -> None:
    for line in sys.stdin:
        orders.put(line.strip())


class _Teller:
    """One line a turn: JSON for programs, words for people (only when something changes)."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._console: Console = output.console()
        self._last: tuple[object, ...] = ()

    def report(self, report: Report) -> None:
        sample, reason = report.sample, report.stop_reason
        document: dict[str, object] = {
            "event": "turn",
            "level": report.level,
            "rpm": 0 if sample is None else sample.rpm,
            "torqueMillinewtonMetres": 0 if sample is None else sample.torque_millinewton_metres,
            "temperatureMillicelsius": None if sample is None else sample.temperature_millicelsius,
            "vibrationMicrometresPerSecond": 0 if sample is None else sample.vibration_micrometres_per_second,
            "charge": str(report.charge),
            "chargeLimit": str(report.charge_limit),
            "stopReason": None if reason is None else reason.value,
        }
        if self._as_json:
            self.say(document, "")
            return
        state = (report.level, reason)
        if state != self._last:
            self._last = state
            words = f"running at level {report.level}" if reason is None else f"stopped: {reason.text}"
            self._console.print(f"{words} · {report.charge} of {report.charge_limit} base units", markup=False)

    def refused(self, refused: Rejected) -> None:
        document: dict[str, object] = {
            "event": "refused",
            "code": refused.code,
            "who": refused.who,
            "what": refused.what,
        }
        self.say(document, f"refused: {refused}")

    def finished(self, final: SignedReading | None) -> None:
        document = {"event": "finished", "reading": None if final is None else final.reading.to_json()}
        self.say(document, "final reading signed and sent")

    def say(self, document: Mapping[str, object], words: str) -> None:
        if self._as_json:
            sys.stdout.write(json.dumps(document) + "\n")
            sys.stdout.flush()
        elif words:
            self._console.print(words, markup=False)
