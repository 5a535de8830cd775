"""What is accepted quickly is what the careful way accepts, with the same charge; the rest is left to it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from oracle.domain.plain_readings import plain, signed
from oracle.domain.readings import Flag, Reading, SignedReading
from oracle.errors import Rejected
from oracle.ingest.judging import judge, price
from oracle.ingest.usual_runs import follow
from oracle.store.readings import PLAIN_COLUMNS, Head, NewReading, ReadingState, StoredReading, TelemetryState
from oracle.types import ZERO_BYTES32, AgreementId, AssetId, Bytes32, Seconds, UnixTime
from scripts.bench.read_model import bench_agreement, tariff

OPENED, NOW = UnixTime(1_760_000_000), UnixTime(1_760_090_000)
DIGEST = Bytes32(b"\x01" * 32)
STEPS = st.lists(
    st.tuples(
        st.integers(-1, 3),
        st.integers(-50, 40_000),
        st.tuples(*[st.integers(-3, 4_000_000)] * 4),
        st.integers(-3, 20_000_000),
        st.sampled_from([Flag(0), Flag.FINAL, Flag.SESSION_END, Flag.CLOCK_NOT_SYNCHRONISED]),
    ),
    min_size=1,
    max_size=5,
)


def run(steps):
    """Readings that mostly follow each other."""
    sequence, time, registers, odometer = 1, OPENED, (10, 10, 10, 10), 100
    for gap, seconds, growth, distance, flags in steps:
        sequence, time, odometer = max(sequence + gap, 1), UnixTime(time + seconds), max(odometer + distance, 0)
        registers = tuple(max(r + g, 0) for r, g in zip(registers, growth, strict=True))
        yield Reading(AgreementId(1), AssetId(1), sequence, time, registers, odometer, flags, ZERO_BYTES32)


def stored(reading, elapsed, charge):
    item = SignedReading(reading, bytes(65))
    none = TelemetryState.NONE
    return StoredReading(1, item, DIGEST, elapsed, charge, ReadingState.ACCEPTED, none, 0.0, 0, None, None)


def head_of(last):
    if last is None:
        return Head(None, None, None, None, None, None, None, None, None, None, False)
    form = last.reading
    return Head(
        1, form.sequence, form.time, *form.registers, form.odometer, int(form.flags), last.elapsed, is_held_back=False
    )


def carefully(agreement, terms, last, form):
    """The row that the careful way would write; None where it would not accept."""
    try:
        priced = price(agreement, terms, last, form, NOW)
    except Rejected:
        return None
    if judge(agreement, terms, last, form, priced, NOW, (), None) is not None:
        return None
    new = NewReading(SignedReading(form, bytes(65)), DIGEST, priced.elapsed, priced.charge, ReadingState.ACCEPTED, 7.0)
    return new.plain_row()


@given(
    steps=STEPS,
    known=st.booleans(),
    settled=st.integers(0, 3),
    accrued=st.integers(0, 90_000),
    end=st.sampled_from([None, NOW - 3_600, NOW + 60]),
)
def test_a_run_is_accepted_as_one_by_one(steps, known, settled, accrued, end):
    agreement = replace(bench_agreement(1, OPENED), sequence=settled, last_elapsed=Seconds(accrued), end_at=end)
    terms = tariff()
    forms = list(run(steps))
    last = stored(forms.pop(0), Seconds(0), 0) if known else None
    verified = [(n, plain(SignedReading(form, bytes(65))), DIGEST) for n, form in enumerate(forms)]
    rows = follow(agreement, terms, (), head_of(last), verified, NOW, 7.0)
    if rows is None:
        return
    expected = []
    for form in forms:
        row = carefully(agreement, terms, last, form)
        expected.append(row)
        if row is not None:
            named = dict(zip(PLAIN_COLUMNS, row, strict=True))
            last = stored(form, named["elapsed"], int(named["charge"]))
    assert rows == expected


def test_the_usual_run_is_not_left_to_the_careful_way():
    agreement = bench_agreement(1, OPENED)
    forms = [
        Reading(AgreementId(1), AssetId(1), n, UnixTime(OPENED + n), (n, 0, 0, 0), n, Flag(0), ZERO_BYTES32)
        for n in (1, 2, 4)
    ]
    verified = [(n, plain(SignedReading(form, bytes(65))), DIGEST) for n, form in enumerate(forms)]
    rows = follow(agreement, tariff(), (0,), head_of(None), verified, NOW, 7.0)
    assert rows is not None
    assert [row[2] for row in rows] == [1, 2, 4]
    held = head_of(None)._replace(is_held_back=True)
    assert follow(agreement, tariff(), (0,), held, verified, NOW, 7.0) is None


@given(steps=STEPS)
def test_plain_and_named_readings_are_the_same(steps):
    for form in run(steps):
        item = SignedReading(form, bytes(65))
        assert signed(plain(item)) == item
