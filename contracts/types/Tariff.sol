// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// An immutable published price list (docs/wire-formats.md). Amounts in base units of `currency`, durations in seconds
/// except `unusedDays`. Field order packs the four words that settlement reads into slots 0 to 3.
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

/// What opening, settling and ending need of a tariff: the slots 0 to 3 without what only people and devices read.
struct Rates {
    address currency;
    uint80 standingPerDay;
    uint96 pricePerMillion0;
    uint96 pricePerMillion1;
    uint96 pricePerMillion2;
    uint96 pricePerMillion3;
    uint32 notice;
    uint32 minimumTerm;
    uint80 holdTarget;
    uint80 maxChargePerHour;
    uint80 burst;
}

uint8 constant KIND_PRODUCT = 0;
uint8 constant KIND_USE = 1;
uint8 constant KIND_RESULT = 2;
