// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// An immutable published price list (docs/wire-formats.md). Amounts in base units of `currency`, durations in seconds
/// except `unusedDays`.
struct Tariff {
    address currency;
    uint80 standingPerDay;
    uint16 taxBps;
    uint96 pricePerMillion0;
    uint96 pricePerMillion1;
    uint32 notice;
    uint32 minimumTerm;
    uint96 pricePerMillion2;
    uint96 pricePerMillion3;
    uint32 permitValidity;
    uint32 deliveryTime;
    uint80 holdTarget;
    uint80 maxChargePerHour;
    uint80 burst;
    bool taxIncluded;
    uint8 kind;
    uint32 sessionCap;
    uint32 idleStop;
    uint32 unusedDays;
    bytes32 termsHash;
}

/// The first fourteen fields of a tariff, in its order, as its page has them: a word each, so that nothing is cleaned again before
/// it is used.
struct Rates {
    uint256 currency;
    uint256 standingPerDay;
    uint256 taxBps;
    uint256 pricePerMillion0;
    uint256 pricePerMillion1;
    uint256 notice;
    uint256 minimumTerm;
    uint256 pricePerMillion2;
    uint256 pricePerMillion3;
    uint256 permitValidity;
    uint256 deliveryTime;
    uint256 holdTarget;
    uint256 maxChargePerHour;
    uint256 burst;
}

uint8 constant KIND_PRODUCT = 0;
uint8 constant KIND_USE = 1;
uint8 constant KIND_RESULT = 2;
