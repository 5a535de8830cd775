"""What must hold after every kill, and at rest. Raises Broken; nothing here asks the oracle whether it is right."""

from __future__ import annotations

import base64
import shutil
from dataclasses import dataclass, field

from oracle.audit.rpc import Node
from oracle.audit.verify import audit
from oracle.relay.daemon import Daemon
from oracle.settings import Settings
from tests.chaos.kill import books
from tests.chaos.kill.books import Books, Row
from tests.chaos.kill.chain import Sent
from tests.chaos.kill.devices import Fleet
from tests.chaos.kill.scene import Scene

SETTLED_STAGES = {"final", "replaced"}


class Broken(AssertionError):
    """A promise of the oracle does not hold."""


def require(holds: bool, what: str) -> None:
    if not holds:
        raise Broken(what)


@dataclass
class Checks:
    scene: Scene
    fleet: Fleet
    foreign: set[str] = field(default_factory=set)
    """Transactions of the relayer's account that the oracle did not make."""
    _sent: dict[str, Sent] = field(default_factory=dict)
    _log_read: int = 0
    _owned: dict[str, int] = field(default_factory=dict)

    def begin(self) -> None:
        self._owned = self._money()

    def after_kill(self) -> list[Row]:
        """Of the file as the kill left it: whole, and with everything that was acknowledged. The outbox as it lies."""
        with self.scene.books.as_it_lies() as copy:
            found = books.integrity(copy)
            require(found == "ok", f"the database is damaged: {found}")
            self._acknowledged(books.readings(copy))
            rows = books.outbox(copy)
        self._lineage(rows)
        return rows

    def at_rest(self) -> None:
        """Q-31, Q-32, Q-33 and the money, with the victim alive and nothing on its way."""
        with self.scene.books.live() as connection:
            self._acknowledged(books.readings(connection))
            rows = books.outbox(connection)
        self._lineage(rows)
        self._nonces(rows)
        for device in self.fleet.devices.values():
            require(not device.journal, f"agreement {device.agreement} has readings nobody acknowledged")
        require(self.settled_as_owed() == [], f"the chain differs from the model: {self.settled_as_owed()}")
        require(self._money() == self._owned, f"money: {self._money()} is not {self._owned}")

    def settled_as_owed(self) -> list[str]:
        """Where the chain is not yet (or not) what the highest acknowledged readings say."""
        wrong = []
        states = self.scene.on_chain()
        for number, device in self.fleet.devices.items():
            state = states[number]
            top = max(device.acknowledged, key=lambda each: each.sequence, default=None)
            expected = (0, 0) if top is None else (top.sequence, device.owed(top))
            if (state.sequence, state.settled) != expected:
                wrong.append(f"agreement {number}: {(state.sequence, state.settled)} instead of {expected}")
        return wrong

    def whole_chain(self) -> None:
        """Every transaction of the relayer since the beginning belongs to one batch; nothing was settled twice."""
        with self.scene.books.live() as connection:
            rows = books.outbox(connection)
        by_hash = {version.hash: row for row in rows for version in row.versions}
        for mined in self.scene.chain.transactions_of(self.scene.relayer.address, self.scene.first_block):
            if mined["hash"] in self.foreign:
                continue
            row = by_hash.get(mined["hash"])
            require(row is not None, f"transaction {mined['hash']} (nonce {int(mined['nonce'], 16)}) has no batch")
            assert row is not None
            place = (int(mined["nonce"], 16), int(mined["blockNumber"], 16))
            require((row.nonce, row.block) == place, f"batch {row.number} says {(row.nonce, row.block)}, not {place}")
        self._settled_once()

    def derived(self) -> None:
        """Q-34: the tables that come from the chain are those of an index that begins at the first block."""
        settings = self.scene.settings(relayer_key=None, data_dir=str(self.scene.folder / "fresh"), port=0)
        with self.scene.books.live() as connection:
            there = books.derived(connection)
        shutil.rmtree(self.scene.folder / "fresh", ignore_errors=True)
        fresh = Daemon(Settings(**settings))
        fresh.run_once(("index",))
        fresh.database.close()
        with Books(self.scene.folder / "fresh" / "oracle.db").live() as connection:
            anew = books.derived(connection)
        for table, rows in anew.items():
            stray = [row for row in there[table] if row not in rows] + [row for row in rows if row not in there[table]]
            require(there[table] == rows, f"{table} differs from a fresh index: {stray[:4]}")

    def audited(self) -> None:
        """The auditor, from the chain alone."""
        directory = bytes.fromhex(self.scene.world.platform.directory[2:])
        found = audit(Node(self.scene.world.node.url), directory).findings
        require(found.clean, f"the auditor: {found.found[:3]}")

    def secrets(self) -> None:
        """No planted key in logs, answers, database."""
        answers, self.fleet.answers = self.fleet.answers, []
        with (self.scene.folder / "victims.log").open("rb") as log:
            log.seek(self._log_read)
            written = log.read()
            self._log_read = log.tell()
        places = {"answers": b"\n".join(answers), "log": written, "database": self.scene.books.bytes_on_disk()}
        for where, content in places.items():
            for name, secret in self.scene.secrets.items():
                require(not shows(content, secret), f"the {name} stands in the {where}")

    def _acknowledged(self, there: dict[tuple[int, int, bytes], str]) -> None:
        lost = [place for place in self.fleet.acknowledged if there.get(place) != "accepted"]
        shown = [(agreement, sequence, there.get((agreement, sequence, found))) for agreement, sequence, found in lost]
        require(lost == [], f"acknowledged, but not there: {shown}")

    def _lineage(self, rows: list[Row]) -> None:
        """Whatever went over the wire stands in the outbox; a nonce has one batch, and a batch one call."""
        for raw in self.scene.tap.drain():
            sent = Sent.decode(raw)
            self._sent[sent.hash] = sent
        known = {version.hash for row in rows for version in row.versions}
        stray = [(sent.hash, sent.nonce) for sent in self._sent.values() if sent.hash not in known]
        require(stray == [], f"sent, but not in the outbox: {stray}")
        relayer = self.scene.relayer.address.lower()
        for row in rows:
            require(row.versions != (), f"batch {row.number} has no bytes")
            require({version.nonce for version in row.versions} == {row.nonce}, f"batch {row.number}: several nonces")
            calls = {(version.to, version.data) for version in row.versions} - {(relayer, b"")}
            require(len(calls) <= 1, f"batch {row.number}: several calls on nonce {row.nonce}")
        nonces = [row.nonce for row in rows]
        require(len(nonces) == len(set(nonces)), "a nonce has several batches")

    def _nonces(self, rows: list[Row]) -> None:
        """No gap up to the chain's own count; everything ended as it should."""
        bad = [(row.number, row.kind, row.stage) for row in rows if not self._well_ended(row)]
        require(bad == [], f"batches that did not end well: {bad}")
        used = sorted(row.nonce for row in rows)
        count = self.scene.chain.nonce(self.scene.relayer.address)
        require(used == list(range(count)), f"nonces {_gaps(used, count)} of {count} have no batch, or are ahead")

    def _well_ended(self, row: Row) -> bool:
        """A refill may come too late and revert: its agreement was refilled by a settlement meanwhile."""
        return row.stage in SETTLED_STAGES or (row.stage == "failed" and row.kind != "settle")

    def _money(self) -> dict[str, int]:
        """Per customer what is free, held and paid: no kill may make it more or less."""
        states, owned = self.scene.on_chain(), self.scene.prepaid()
        for device in self.scene.devices:
            owned[self.scene.customers[device.agreement]] += (
                states[device.agreement].hold + states[device.agreement].settled
            )
        return owned

    def _settled_once(self) -> None:
        agreements = self.scene.world.platform.agreements
        topic = self.scene.reading_settled_topic
        highest: dict[int, int] = {}
        for log in self.scene.chain.logs(agreements.address, topic, self.scene.first_block):
            agreement = int(log["topics"][1], 16)
            sequence = int(log["data"], 16) >> 224 & (1 << 31) - 1
            before = highest.get(agreement, 0)
            require(sequence >= before, f"agreement {agreement} settled {sequence} after {before}")
            highest[agreement] = sequence


def shows(content: bytes, secret: bytes) -> bool:
    """Whether the secret stands there raw, in hexadecimal digits or in base 64."""
    forms = (secret, secret.hex().encode(), base64.b64encode(secret).rstrip(b"="), str(int.from_bytes(secret)).encode())
    return any(form in content for form in forms) or secret.hex().encode() in content.lower()


def _gaps(used: list[int], count: int) -> list[int]:
    return sorted(set(range(count)) ^ set(used))
