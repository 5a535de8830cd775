// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AgreementId, AssetId} from "./Identifiers.sol";

/// Identifiers count from 1; zero always means "none".
type ReservationId is uint64;
type ReservationRulesId is uint32;

using {isSameReservation as ==, isOtherReservation as !=} for ReservationId global;
using {isSameRules as ==, isOtherRules as !=} for ReservationRulesId global;

ReservationRulesId constant NO_RESERVATION_RULES = ReservationRulesId.wrap(0);

function isSameReservation(ReservationId a, ReservationId b) pure returns (bool) {
    return ReservationId.unwrap(a) == ReservationId.unwrap(b);
}

function isOtherReservation(ReservationId a, ReservationId b) pure returns (bool) {
    return ReservationId.unwrap(a) != ReservationId.unwrap(b);
}

function isSameRules(ReservationRulesId a, ReservationRulesId b) pure returns (bool) {
    return ReservationRulesId.unwrap(a) == ReservationRulesId.unwrap(b);
}

function isOtherRules(ReservationRulesId a, ReservationRulesId b) pure returns (bool) {
    return ReservationRulesId.unwrap(a) != ReservationRulesId.unwrap(b);
}

/// Under which a shared machine is booked. Amounts in base units of `currency`, durations in seconds.
struct ReservationRules {
    address currency;
    uint80 deposit; // for each booking; may be zero
    uint16 noShowBps; // of the deposit, to the machine's split where nobody came
    uint32 slotLength; // slots begin at multiples of it, counted from 1970
    uint16 mostSlots; // in one booking
    uint32 furthest; // how far ahead a booking may begin
    uint32 cancelBefore; // how long before the beginning the customer may still cancel
    uint32 contestTime; // after the end, to contest the condition, or to prove that the machine was used
    uint32 arbitrationTime;
}

/// Where a reservation stands. The last five are ends.
enum ReservationStage {
    None,
    Booked,
    CheckedIn,
    Contested,
    Cancelled,
    NoShow,
    Returned,
    Ruled,
    Unruled
}

struct Reservation {
    AssetId asset;
    ReservationRulesId rules;
    uint40 from;
    uint40 until;
    ReservationStage stage;
    uint40 deadline; // of the arbiters
    address customer;
    uint80 deposit;
    AgreementId agreement; // the customer's own on this asset, or zero
    uint32 sequence; // of that agreement's last reading at booking
}
