"""Signed statuses in: from the asset's present meter, in order, never with a falling odometer."""

from dataclasses import dataclass

from oracle.domain.forms import Signed
from oracle.domain.readings import ReadingResult
from oracle.domain.statuses import Status, StatusState
from oracle.domain.tariffs import CLOCK_TOLERANCE
from oracle.errors import Rejected
from oracle.ingest.meters import MeterCheck
from oracle.ingest.state import domains_of, require_checkpoint
from oracle.store import live, read_model, statuses
from oracle.store.database import Database
from oracle.store.statuses import StoredStatus


@dataclass(frozen=True, slots=True)
class StatusDoor:
    database: Database
    meters: MeterCheck

    def take(self, signed: Signed[Status], now: float) -> ReadingResult:
        """Accepted or duplicate. Raises Rejected: `unknown_asset`, `bad_signature`, `unknown_state`, `too_far_ahead`,
        `stale_status`, `odometer_fell`."""
        status = signed.form
        who = f"status {status.sequence} of asset {status.asset_id}"
        with self.database.writing() as connection:
            checkpoint = require_checkpoint(connection)
            asset = read_model.asset(connection, status.asset_id) if status.asset_id < 1 << 63 else None
            if asset is None:
                raise Rejected("unknown_asset", f"asset {status.asset_id}", "is not known at the confirmed block")
            found = self.meters.require(checkpoint, domains_of(checkpoint), asset, status, signed.signature, who)
            if statuses.exists(connection, status.asset_id, status.sequence, found):
                return ReadingResult.DUPLICATE
            if status.state > max(StatusState):
                raise Rejected("unknown_state", who, "state must be 0 to 4", str(status.state))
            ahead = status.time - checkpoint.chain_time(now)
            if ahead > CLOCK_TOLERANCE:
                raise Rejected("too_far_ahead", who, "its time is ahead of the chain's", f"{ahead} s")
            last = statuses.latest(connection, status.asset_id)
            if last is not None and status.sequence <= last.status.sequence:
                raise Rejected("stale_status", who, "a newer one is there", str(last.status.sequence))
            if last is not None and status.odometer < last.status.odometer:
                raise Rejected("odometer_fell", who, "odometer", f"{status.odometer} < {last.status.odometer}")
            statuses.add(connection, StoredStatus(status, found, signed.signature, now))
            facts = {"state": StatusState(status.state).name.lower(), "faultCode": status.fault_code}
            live.add(connection, now, "status", facts, status.asset_id)
            return ReadingResult.ACCEPTED
