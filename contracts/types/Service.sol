// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AgreementId, AssetId} from "./Identifiers.sol";

/// Identifiers count from 1; zero always means "none".
type OrderId is uint64;
type ServiceTermsId is uint32;

using {isSameOrder as ==, isOtherOrder as !=} for OrderId global;
using {isSameServiceTerms as ==, isOtherServiceTerms as !=} for ServiceTermsId global;

OrderId constant NO_ORDER = OrderId.wrap(0);
ServiceTermsId constant NO_SERVICE_TERMS = ServiceTermsId.wrap(0);

function isSameOrder(OrderId a, OrderId b) pure returns (bool) {
    return OrderId.unwrap(a) == OrderId.unwrap(b);
}

function isOtherOrder(OrderId a, OrderId b) pure returns (bool) {
    return OrderId.unwrap(a) != OrderId.unwrap(b);
}

function isSameServiceTerms(ServiceTermsId a, ServiceTermsId b) pure returns (bool) {
    return ServiceTermsId.unwrap(a) == ServiceTermsId.unwrap(b);
}

function isOtherServiceTerms(ServiceTermsId a, ServiceTermsId b) pure returns (bool) {
    return ServiceTermsId.unwrap(a) != ServiceTermsId.unwrap(b);
}

/// What is to be done with a machine.
enum OrderKind {
    Inspect,
    Maintain,
    Repair,
    Upgrade,
    Refurbish,
    Collect,
    Dismantle
}

/// Where an order stands. The last five are ends; the drawing is in contracts/README.md.
enum OrderStage {
    None,
    Open,
    Assigned,
    Delivered,
    Disputed,
    Paid,
    Arbitrated,
    Cancelled,
    Abandoned,
    Expired
}

/// Condition of a machine that comes back; what its core is worth is in the terms.
enum CoreGrade {
    None,
    A,
    B,
    C,
    D
}

/// Immutable rules under which work on an asset is ordered, judged and paid. Amounts in base units of `currency`, durations in
/// seconds.
struct ServiceTerms {
    address currency;
    uint80 ruleCeiling; // the lowest bid up to this price is accepted by rule; 0: the provider accepts each by hand
    uint16 silentShareBps; // of the price, to the worker where the arbiters say nothing
    uint80 ruleBudget; // most that acceptances by rule may commit in one period of 30 days of chain time
    uint80 disputeBond; // paid by who disputes; the worker's where the ruling is for the worker in full
    uint32 shortestBidding;
    uint32 acceptanceTime; // how long bids stand after bidding has closed
    uint32 graceTime; // after the promised time, before the order expires unpaid
    uint32 inspectionTime; // silence so long after delivery accepts it
    uint32 arbitrationTime;
    uint16 includedPerYear; // of a customer's orders, in each year of the agreement, accepted by rule and without a charge
    uint8 quorum; // arbiters who must say the same
    bool ownBids; // whether provider and opener may bid on their own order
    bool statusNeeded; // whether work on a running machine counts only with its meter's own "up" afterwards
    bytes32 termsHash;
}

/// What an opener asks for.
struct OrderRequest {
    AssetId asset;
    OrderKind kind;
    AgreementId agreement; // zero, or the opener's own
    uint80 ceiling; // most that a bid may ask
    uint40 biddingUntil;
    uint32 mostWorkTime;
    bool byRule; // the lowest bid is accepted by anyone after closing
    bytes32 documentHash;
    string uri;
}

struct Order {
    AssetId asset;
    OrderKind kind;
    OrderStage stage;
    ServiceTermsId terms;
    uint40 openedAt;
    uint40 biddingUntil;
    uint32 mostWorkTime;
    bool byRule;
    bool isIncluded; // one of the services that come with the customer's agreement
    address opener;
    uint80 ceiling;
    // The lowest bid so far; once assigned, the chosen one.
    address worker;
    uint80 price;
    // Assigned: promised for; delivered: accepted by silence then; disputed: arbiters fall silent then.
    uint40 deadline;
    uint40 assignedAt;
    uint32 workTime;
    uint80 bond;
    AgreementId agreement; // the opener's, where a customer opened it
    address disputer;
}

/// What a worker shows for its work.
struct Evidence {
    bytes32 documentHash;
    string uri;
    AssetId[] partsIn; // built in
    AssetId[] partsOut; // taken out
}

struct Bid {
    uint80 price;
    uint32 workTime;
    uint40 at;
}

struct Reputation {
    uint32 done;
    uint32 late; // of those done
    uint32 disputed; // of those delivered
    uint32 lost; // rulings that left the worker without the full price
    uint32 failed; // abandoned or expired
}

/// A machine passes from one hand to another, signed by both. Verifying contract: HandOvers.
struct HandOver {
    OrderId orderId;
    address giver;
    address taker;
    CoreGrade grade;
    bytes32 conditionHash;
    uint256 giverNonce;
    uint256 takerNonce;
    uint40 deadline;
}

bytes32 constant HAND_OVER_TYPEHASH = keccak256(
    "HandOver(uint64 orderId,address giver,address taker,uint8 grade,bytes32 conditionHash,uint256 giverNonce,uint256 takerNonce,uint40 deadline)"
);

function hashHandOver(HandOver memory h) pure returns (bytes32) {
    return keccak256(
        abi.encode(
            HAND_OVER_TYPEHASH,
            h.orderId,
            h.giver,
            h.taker,
            h.grade,
            h.conditionHash,
            h.giverNonce,
            h.takerNonce,
            h.deadline
        )
    );
}
