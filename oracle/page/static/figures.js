// Pure functions: what is shown, from what the oracle has said.

export const STOP_TEXTS = {
  no_balance: "The prepaid balance for this agreement is used up. It goes on after a top-up.",
  cap_reached: "The spending cap of this period is reached.",
  permit_expired: "The permit to run has expired and no newer one has arrived.",
  suspended: "The customer has suspended this agreement.",
  fault: "The machine reports a fault.",
  ended: "The agreement has ended.",
  local_stop: "Somebody stopped the machine at the machine.",
  no_permit: "The machine has no permit to run.",
  quarantined: "A reading is being looked at by a person; no new permit until then.",
  session_limit: "The longest session of the tariff is over.",
  idle: "The machine stood idle for longer than the tariff allows.",
  superseded: "A newer agreement on this machine has taken over.",
  booked: "Somebody else has booked the machine for this time.",
};

export const START = { free: null, hold: null, seen: null, settled: null, runsOutAt: null, registers: null, stopReason: null, sample: null, closed: false };

/** The state after an answer of /v1/agreements/{id}. */
export function withAgreement(state, view) {
  const now = view.seen?.stopReason ?? null;
  return {
    ...state,
    free: view.freeBalance,
    hold: view.settled.hold,
    settled: view.settled.charge,
    seen: view.seen?.charge ?? "0",
    registers: view.seen?.registers ?? null,
    runsOutAt: view.runsOut?.at ?? null,
    stopReason: view.closed ? "ended" : now ?? view.stopReason ?? null,
    closed: view.closed,
  };
}

/** The state after one event of the live stream; unknown kinds change nothing. */
export function withEvent(state, kind, data) {
  switch (kind) {
    case "reading":
      return { ...state, seen: data.seenCharge, registers: data.registers, stopReason: data.stopReason, sample: data.stopReason ? null : state.sample };
    case "telemetry":
      return { ...state, sample: state.stopReason ? null : data };
    case "settled":
      return { ...state, settled: data.settled, hold: data.hold };
    case "balance":
      return { ...state, free: data.freeBalance };
    default:
      return state;
  }
}

/** What the chain says is left: free balance and hold. */
export function leftAsSettled(state) {
  return state.free === null || state.hold === null ? null : BigInt(state.free) + BigInt(state.hold);
}

/** What is left once all that is seen has settled; said as *seen* wherever it is shown. Never below zero. */
export function remaining(state) {
  const settled = leftAsSettled(state);
  if (settled === null) return null;
  const pending = BigInt(state.seen ?? 0) - BigInt(state.settled ?? 0);
  const left = settled - (pending > 0n ? pending : 0n);
  return left > 0n ? left : 0n;
}

/** Everything that was there for this agreement: what is left and what is used. */
export function whole(state) {
  const left = remaining(state);
  if (left === null) return null;
  const seen = BigInt(state.seen ?? 0), settled = BigInt(state.settled ?? 0);
  return left + (seen > settled ? seen : settled);
}

/** One sentence and its mood. */
export function stateOf(state) {
  if (state.stopReason) return { text: STOP_TEXTS[state.stopReason] ?? state.stopReason, mood: "stopped" };
  if (state.sample && state.sample.level > 0) return { text: `Running at load level ${state.sample.level}.`, mood: "running" };
  if (state.sample) return { text: "Idles.", mood: "running" };
  return { text: "Stands still.", mood: "" };
}
