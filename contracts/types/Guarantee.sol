// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetId, SplitId} from "./Identifiers.sol";

/// Identifiers count from 1; zero always means "none". Buybacks and uptime promises count apart.
type GuaranteeId is uint256;
type UptimeId is uint64;

using {isSameGuarantee as ==, isOtherGuarantee as !=} for GuaranteeId global;
using {isSameUptime as ==, isOtherUptime as !=} for UptimeId global;

GuaranteeId constant NO_GUARANTEE = GuaranteeId.wrap(0);
UptimeId constant NO_UPTIME = UptimeId.wrap(0);

function isSameGuarantee(GuaranteeId a, GuaranteeId b) pure returns (bool) {
    return GuaranteeId.unwrap(a) == GuaranteeId.unwrap(b);
}

function isOtherGuarantee(GuaranteeId a, GuaranteeId b) pure returns (bool) {
    return GuaranteeId.unwrap(a) != GuaranteeId.unwrap(b);
}

function isSameUptime(UptimeId a, UptimeId b) pure returns (bool) {
    return UptimeId.unwrap(a) == UptimeId.unwrap(b);
}

function isOtherUptime(UptimeId a, UptimeId b) pure returns (bool) {
    return UptimeId.unwrap(a) != UptimeId.unwrap(b);
}

/// What a machine is bought back for at an age in seconds; between two points the price falls linearly.
struct PricePoint {
    uint40 age;
    uint80 price; // base units
}

/// Times in seconds of chain time, amounts in base units of `currency`.
struct BuybackTerms {
    AssetId asset;
    address currency;
    uint40 startsAt; // age counts from here
    uint40 windowFrom; // first and last second of exercise
    uint40 windowUntil;
    uint16 coverBps; // of the highest price still payable: what the collateral may not fall below
    uint8 leastGrade; // a status of a less trusted meter does not count
    uint48 unitsPerYear; // of the odometer, included in the price
    uint80 deductionPerMillion; // for 1,000,000 units above
    uint32 serviceEvery; // one service is due in each such interval from `startsAt`; zero: none
    uint80 missedService; // deducted for each interval without
    bytes32 termsHash;
}

enum BuybackStage {
    None,
    Live,
    Exercised,
    Expired,
    Waived
}

struct Buyback {
    BuybackTerms terms;
    address guarantor;
    BuybackStage stage;
    uint40 openUntil; // the window's end, put off where a holder waits for collateral
    uint48 startOdometer; // the checkpoint when it was given
    address claimant; // who was paid less than the price
    uint80 owed; // to the claimant
    SplitId splitAtStart;
    uint256 serviced; // one bit for each interval with a service
}

/// An uptime promised for an asset. Time is counted in slots of one heartbeat: in each, one "up" of the meter stands for the slot.
struct UptimeTerms {
    AssetId asset;
    address currency;
    uint40 startsAt; // of the first period
    uint32 heartbeat; // length of a slot in seconds
    uint16 slotsPerPeriod;
    uint16 periods;
    uint32 graceTime; // after a period: for statuses and checkpoints
    uint16 promisedBps; // of the slots that count
    uint16 creditBps; // of a period's charges, for each whole per cent of uptime that is missing, pro rata of less
    uint16 mostCreditBps; // of a period's charges
    uint16 mostMaintenance; // slots that may be announced for each period
    uint16 customerFaultsFrom; // fault codes from here on are the customer's doing; zero: none is
    bytes32 termsHash;
}

struct Uptime {
    UptimeTerms terms;
    address guarantor;
    uint80 bond; // what was put up at first: the guarantor takes none of it before the end
    uint16 settled; // periods whose credits are fixed, in their order
    uint128 reserved; // of the bond, for credits that are fixed and not yet claimed
}

/// What became of one period. Base units.
struct UptimePeriod {
    uint128 charged; // sum of the charges of checkpointed agreements: the denominator
    uint128 unclaimed; // of those charges
    uint128 pool; // credits of the period, once fixed
    uint128 unpaid; // of the pool
    uint16 maintenance; // slots announced
}

/// One bit a slot, for 256 of them.
struct UptimeSlots {
    uint256 up;
    uint256 down;
    uint256 byCustomer;
    uint256 maintenance;
}

/// One agreement under a promise, at its last checkpoint.
struct UptimeCustomer {
    uint16 periods; // the period's number + 1
    uint80 settled; // the agreement's
}
