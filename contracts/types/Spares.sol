// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetId} from "./Identifiers.sol";
import {CoreGrade, OrderId, ServiceTermsId} from "./Service.sol";

/// Identifiers count from 1; zero always means "none".
type PoolId is uint64;
type MemberId is uint64;
type ClaimId is uint64;
type ProposalId is uint64;

using {isSamePool as ==, isOtherPool as !=} for PoolId global;
using {isSameMember as ==, isOtherMember as !=} for MemberId global;
using {isSameClaim as ==, isOtherClaim as !=} for ClaimId global;

MemberId constant NO_MEMBER = MemberId.wrap(0);
ClaimId constant NO_CLAIM = ClaimId.wrap(0);

function isSamePool(PoolId a, PoolId b) pure returns (bool) {
    return PoolId.unwrap(a) == PoolId.unwrap(b);
}

function isOtherPool(PoolId a, PoolId b) pure returns (bool) {
    return PoolId.unwrap(a) != PoolId.unwrap(b);
}

function isSameMember(MemberId a, MemberId b) pure returns (bool) {
    return MemberId.unwrap(a) == MemberId.unwrap(b);
}

function isOtherMember(MemberId a, MemberId b) pure returns (bool) {
    return MemberId.unwrap(a) != MemberId.unwrap(b);
}

function isSameClaim(ClaimId a, ClaimId b) pure returns (bool) {
    return ClaimId.unwrap(a) == ClaimId.unwrap(b);
}

function isOtherClaim(ClaimId a, ClaimId b) pure returns (bool) {
    return ClaimId.unwrap(a) != ClaimId.unwrap(b);
}

/// Rules of a pool, fixed for ever and accepted by each member. Amounts in base units of `currency`, durations in seconds.
struct PoolTerms {
    address currency;
    uint80 dues; // for each machine and period begun
    uint8 leastGrade; // a status of a less trusted meter is no proof
    bool vouched; // whether a member must vouch for who joins
    uint80 entry; // paid once on joining, towards the spares
    uint80 deposit; // answers for late returns and for the defective unit
    uint80 claimFee; // held until the defective unit has arrived
    uint80 feePerDay; // for each day begun of a loan, up to its latest return
    uint80 lateFeePerDay; // for each day begun after it, out of the deposit and no more than that
    uint32 period; // of dues
    uint32 waitingTime; // a breakdown counts only so long after the machine joined
    uint32 freshTime; // a status counts so long
    uint32 longestLoan;
    uint32 collectTime; // a spare that was called out waits so long for its claim
    uint32 defectiveTime; // the defective unit arrives so soon after the spare was handed over
    uint32 restTime; // who has ended a loan so recently stands behind those who have not; zero: chain time alone
    uint32 votingTime;
    uint32 biddingTime; // of orders for repair
    uint32 workTime;
    ServiceTermsId serviceTerms; // of those orders
    bytes32 termsHash;
}

/// A model that the pool serves.
struct PoolModel {
    address maker;
    uint80 price; // what keeping a spare costs, and the most that is paid for one
    bytes32 model; // AssetRegistry's, under its maker
    uint80 exchangeFee; // for keeping a spare and leaving the defective unit
    uint80 repairCeiling; // most that one repair may cost
}

struct Pool {
    address maker; // has no power, but to be the first to join where members vouch
    uint32 members;
    bool isClosed; // once its last member has left
    address heir; // who left last: what remains is theirs
    uint128 held; // credits, deposits, fees and holds: all of the pool's account that is not cash
    uint128 contributed; // by present members: entries and dues of periods begun
    bytes32 rulesHash; // what members accept
}

/// One machine in one pool. Its owner may have others.
struct Member {
    address account;
    uint40 joinedAt;
    uint40 coveredFrom; // a breakdown signed before does not count
    uint8 model;
    bool hasLeft;
    PoolId pool;
    AssetId asset;
    uint128 contributed;
    uint80 credit; // prepaid: dues, fees and prices come out of it, and the rest leaves at any time
    uint80 deposit;
    uint40 duesUntil; // dues are paid for periods that began before
    uint40 lastLoanEnd;
}

enum ProposalKind {
    None,
    Purchase, // of a spare
    Retirement, // of a unit, or of one that never came back
    Keeper
}

struct Proposal {
    PoolId pool;
    ProposalKind kind;
    uint8 model;
    bool isDone;
    uint40 openedAt;
    uint40 closesAt;
    AssetId asset;
    address account; // seller, taker or new keeper
    uint80 price;
}

/// I-12: where a spare is. Only the first three are in the pool's custody.
enum Place {
    None,
    Shelf,
    Lent,
    Repair,
    BoughtOut, // a member keeps it, for the price or for the defective unit
    Retired
}

struct Unit {
    PoolId pool;
    Place place;
    uint8 model;
    ClaimId loan; // while lent
    OrderId order; // of repair, the last one
}

/// Spares of one model.
struct Stock {
    uint32 total; // on the shelf, lent, or in repair
    uint32 ready; // on the shelf
    uint32 kept; // of those, for claims that were called out
}

/// How many claims of a model have had their turn, of all that were ever in the queue.
struct Turns {
    uint64 first;
    uint64 behind; // of those who have had a loan within the rest time
}

/// Waiting, Called and Lent are open; the rest are ends.
enum ClaimStage {
    None,
    Waiting,
    Called,
    Lent,
    Returned,
    Exchanged,
    BoughtOut,
    WrittenOff,
    Withdrawn,
    Lapsed,
    Cancelled
}

struct Claim {
    MemberId member;
    PoolId pool;
    ClaimStage stage;
    uint8 model;
    bool isBehind; // had a loan within the terms' rest time
    bool isFeeHeld;
    bool hasArrived; // the defective unit
    bool isForfeited; // it has not, in time
    uint48 odometer; // of the machine, at the breakdown
    AssetId asset; // the machine that broke down
    AssetId unit; // the spare
    uint40 claimedAt;
    uint40 lentAt;
    uint40 deadline; // called: collected until; lent: latest return
}

/// Who claims, as far as a claim needs it.
struct Claimant {
    address account;
    uint40 coveredFrom;
    uint8 model;
    uint8 leastGrade; // of the pool
    bool isBehind; // has had a loan within the pool's rest time
    PoolId pool;
    AssetId asset;
    uint32 freshTime; // of the pool
}

/// How a loan stands when it ends.
struct LoanEnd {
    uint40 lentAt;
    uint40 latest; // return
    bool isFeeHeld; // the claim's
    bool isUnitOwed; // the defective unit has not arrived, and has not cost the deposit yet
    uint80 price; // of a spare that is kept
    AssetId kept; // zero: none
}

/// Verifying contract: SparePools; signed by who joins.
struct JoinPool {
    PoolId poolId;
    address account;
    AssetId assetId;
    bytes32 rulesHash;
    uint80 credit; // paid in beyond entry and deposit
    uint256 nonce;
    uint40 deadline;
}

/// A unit passes between keeper and member, signed by both. Verifying contract: SpareLoans.
struct SpareHandOver {
    ClaimId claimId;
    AssetId assetId;
    address giver;
    address taker;
    CoreGrade grade; // of a spare that comes back
    bytes32 conditionHash;
    uint256 giverNonce;
    uint256 takerNonce;
    uint40 deadline;
}

bytes32 constant JOIN_POOL_TYPEHASH = keccak256(
    "JoinPool(uint64 poolId,address account,uint64 assetId,bytes32 rulesHash,uint80 credit,uint256 nonce,uint40 deadline)"
);
bytes32 constant SPARE_HAND_OVER_TYPEHASH = keccak256(
    "SpareHandOver(uint64 claimId,uint64 assetId,address giver,address taker,uint8 grade,bytes32 conditionHash,uint256 giverNonce,uint256 takerNonce,uint40 deadline)"
);

function hashJoinPool(JoinPool memory j) pure returns (bytes32) {
    return keccak256(
        abi.encode(JOIN_POOL_TYPEHASH, j.poolId, j.account, j.assetId, j.rulesHash, j.credit, j.nonce, j.deadline)
    );
}

function hashSpareHandOver(SpareHandOver memory h) pure returns (bytes32) {
    return keccak256(
        abi.encode(
            SPARE_HAND_OVER_TYPEHASH,
            h.claimId,
            h.assetId,
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
