"""A storm of copies, stale readings and forgeries: memory is bounded, no transaction is sent, nothing is kept twice."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from dataclasses import replace

from oracle.domain.signatures import SigningKey
from tests.chaos.process import MEBIBYTE
from tests.e2e.world import RELAYER

SEED = 20_261_121
READINGS = 1_000_000
A_BODY = 500
SENDERS = 4
MOST_GROWTH = 96 * MEBIBYTE


def forged(hire, chance, signed):
    """The same reading with something changed that the signature covers, or signed by somebody else."""
    kind = chance.randrange(4)
    reading, signature = signed.reading, bytearray(signed.signature)
    if kind == 0:
        signature[chance.randrange(64)] ^= 1 << chance.randrange(8)
        return replace(signed, signature=bytes(signature))
    if kind == 1:
        registers = (reading.registers[0] + 1 + chance.randrange(1_000), *reading.registers[1:])
        return replace(signed, reading=replace(reading, registers=registers))
    if kind == 2:
        return hire.sign(replace(reading, sequence=reading.sequence + 1_000), key=SigningKey(chance.randbytes(32)))
    return replace(signed, reading=replace(reading, agreement_id=reading.agreement_id + 1))


def bodies(hires, chance):
    """Some of each kind; they are sent again and again. Stale: older than what was settled, and never seen."""
    copies = [signed for _, known, _ in hires for signed in known]
    stale = [signed for _, _, late in hires for signed in late]
    forgeries = [forged(hire, chance, chance.choice(known)) for hire, known, _ in hires for _ in range(300)]
    kinds = (copies, stale, forgeries, copies + stale + forgeries)
    made = [
        json.dumps([chance.choice(kind).to_json() for _ in range(A_BODY)]).encode() for kind in kinds for _ in range(8)
    ]
    chance.shuffle(made)
    return made


def send(port, made, counted, seen, stop):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    turn = 0
    while not stop.is_set():
        with counted:
            if seen["left"] <= 0:
                return
            seen["left"] -= A_BODY
        connection.request("POST", "/v1/readings", made[turn % len(made)], {"Content-Type": "application/json"})
        answer = connection.getresponse()
        results = [one["result"] for one in json.loads(answer.read())["answers"]] if answer.status == 200 else []
        turn += 1
        with counted:
            seen[answer.status] = seen.get(answer.status, 0) + 1
            for result in results:
                seen[result] = seen.get(result, 0) + 1


def test_a_storm_of_copies_stale_readings_and_forgeries(world, run_oracle, scaled, capsys):
    chance = random.Random(SEED)
    machines = []
    for _ in range(3):
        hire = world.hire()
        every = [hire.use(10) for _ in range(60)]
        machines.append((hire, every[1::2], every[0:-1:2]))
    oracle = run_oracle(CISE_ADDRESS_RATE="1000000", CISE_ADDRESS_BURST="1000000")
    for _, known, _ in machines:
        assert oracle.post(known).status_code == 200
    oracle.wait(lambda: all(world.state(hire).settled == 600 for hire, *_ in machines), 60, "settlement")
    # Late ones are kept once: they explain the bill and change no sum.
    for _, _, late in machines:
        assert {one["result"] for one in oracle.post(late).json()["answers"]} == {"accepted"}
    before = oracle.query("select count(*), max(id) from readings")
    nonce = world.client.nonce(world.wallet(RELAYER).address)
    made = bodies(machines, chance)
    total = scaled(READINGS)
    seen, counted, stop = {"left": total}, threading.Lock(), threading.Event()
    memory = [oracle.memory()]
    senders = [threading.Thread(target=send, args=(oracle.port, made, counted, seen, stop)) for _ in range(SENDERS)]
    began = time.monotonic()
    for sender in senders:
        sender.start()
    while any(sender.is_alive() for sender in senders):
        time.sleep(1)
        memory.append(oracle.memory())
    seconds = time.monotonic() - began
    with capsys.disabled():
        growth = (max(memory) - memory[0]) / MEBIBYTE
        print(f"\n{total:,} readings in {seconds:.0f} s, memory +{growth:.1f} MiB, {seen}")
    assert set(seen) - {"left"} <= {200, "duplicate", "rejected"}
    assert oracle.query("select count(*), max(id) from readings") == before
    assert world.client.nonce(world.wallet(RELAYER).address) == nonce
    assert [world.state(hire).settled for hire, *_ in machines] == [600] * 3
    assert max(memory) - memory[0] < MOST_GROWTH
    # And whoever is honest is served at once.
    assert oracle.post([machines[0][0].use(5)]).json()["answers"][0]["result"] == "accepted"
