// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetId} from "./Identifiers.sol";

/// Identifiers count from 1; zero always means "none".
type RoundId is uint64;
type AuctionId is uint64;

using {isSameRound as ==, isOtherRound as !=} for RoundId global;

RoundId constant NO_ROUND = RoundId.wrap(0);
AuctionId constant NO_AUCTION = AuctionId.wrap(0);

function isSameRound(RoundId a, RoundId b) pure returns (bool) {
    return RoundId.unwrap(a) == RoundId.unwrap(b);
}

function isOtherRound(RoundId a, RoundId b) pure returns (bool) {
    return RoundId.unwrap(a) != RoundId.unwrap(b);
}

/// Where a round stands. Repaid, Recovered and Failed are ends; the drawing is in contracts/README.md.
enum RoundState {
    None,
    Funding,
    OnPlan,
    Late,
    Impaired,
    Defaulted,
    Repaid,
    Recovered,
    Failed
}

/// One class of investors, senior first. Amounts in base units of the round's currency.
struct TrancheTerms {
    uint88 size; // most that it takes
    uint88 least; // the round starts only if it has this much
    uint16 rateBps; // simple interest a year, at most 10,000
    uint32 capBps; // most that it is paid in all, of what was invested: 10,000 or more; 0: no cap
    uint16 residualBps; // of what is left once every tranche is repaid
}

/// Receipts expected in all (`amount`) by `time` seconds after the start.
struct PlanPoint {
    uint40 time;
    uint88 amount;
}

/// Who else is paid from the machines' fees while the round lasts, and with which share.
struct OtherPayee {
    address account;
    uint32 share;
}

/// What a provider publishes and investors accept; fixed for ever.
struct RoundTerms {
    address currency;
    bool secured; // a lien on each title; without it an innovation repaid from the named assets' fees
    uint88 minimum; // the round starts only with this much
    uint88 target; // and takes no more than this
    uint88 smallest; // least that one investment brings, but for the last, which is cut
    uint40 deadline; // chain time; investments before it
    uint40 lateAfter; // seconds behind plan
    uint40 impairedAfter;
    uint40 defaultAfter;
    uint32 roundShare; // of the fees
    uint32 reserveShare; // of the fees, for each asset's service reserve; 0: none
    uint88 monthlyOrders; // most that orders may draw from the assets' reserves together in 30 days without consent
    uint16 unbilledBps; // of the odometers' growth since the start: more than this never billed impairs; 10,000: not looked at
    uint48 unbilledFree; // growth, in odometer units and in all, below which it is not looked at
    uint96 leastPricePerMillion; // units of currency that a million odometer units bring at the lowest price
    uint16 auctionBps; // of what is owed: the first reserve price, all assets together
    bytes32 termsHash;
}

/// What the round is about.
struct RoundAssets {
    AssetId[] ids; // 1 to 16
    uint256[] guarantees; // one for each asset, of BuybackGuarantees; 0: none
    OtherPayee[] others;
}

struct Round {
    uint256 received; // all that was ever distributed to the round
    uint88 raised;
    uint40 startedAt;
    RoundState state;
    uint8 tranches;
    address currency;
    uint64 split;
    address provider;
    uint128 residualTotal; // what has been left for residual holders and provider
    uint40 defaultedAt;
    // Two moments at which receipts were noted, for the present rate: the earlier at least 30 days ago once there is one.
    uint40 earlierAt;
    uint88 earlierReceived;
    uint40 laterAt;
    uint88 laterReceived;
}

/// A round as it is stored; the first slot is all that an ordinary distribution looks at. What was received is not stored: it is
/// what the tranches were paid and `toProvider`.
struct StoredRound {
    address currency;
    uint64 split;
    RoundState state;
    uint8 tranches;
    // second slot
    address provider;
    uint40 startedAt;
    uint40 defaultedAt;
    // third slot: what is left once every tranche is repaid
    uint128 residualTotal;
    uint128 toProvider;
    // fourth slot
    uint40 earlierAt;
    uint88 earlierReceived;
    uint40 laterAt;
    uint88 laterReceived;
    // fifth slot: while it is funded
    uint88 raised;
}

/// Three slots: what every payment to the tranche writes, what its positions read, what hardly changes.
struct Tranche {
    uint88 outstanding; // principal that is neither repaid nor written down
    uint88 interestDue; // up to accruedAt; after a write-down what was lost
    uint40 fraction; // of a unit of interest, in Accrual.PARTS
    uint40 accruedAt;
    uint80 index; // units paid for each 2^56 of principal
    uint88 carry; // paid and not in the index yet, in 1/2^56 units; less than `invested`
    uint88 unclaimed; // paid and not taken
    uint88 invested; // sum of the positions
    uint88 writtenDown;
    uint16 rateBps;
    uint32 capBps;
    uint16 residualBps;
}

/// One slot: what a holder has of a tranche, up to which index it has been paid, and what is left of a unit.
struct Position {
    uint88 balance;
    uint80 index;
    uint56 fraction; // in 1/2^56 units
}

/// A vote of a round's holders, weighted by the principal that was outstanding when it began. One at a time.
struct Ballot {
    uint64 number; // 0: there never was one
    uint40 closesAt;
    bool decided;
    bool result;
    bytes32 subject; // what is asked; see IRoundBallots
    uint128 weight; // of all positions
    uint128 yes;
    uint128 no;
}

/// A holder's positions in a tranche that have voted.
struct Lock {
    uint64 ballot;
    uint88 amount;
}

/// A position as a wallet shows it, in base units.
struct PositionView {
    uint256 putIn; // principal that the position stands for
    uint256 earned; // interest and residual so far, paid or due
    uint256 claimable;
    uint256 outstanding; // its part of the principal still to be repaid
    uint256 locked; // by an open vote
}

/// A tranche as a wallet shows it.
struct TrancheView {
    uint256 invested;
    uint256 outstanding;
    uint256 interestDue; // now; of a recovered round, what was lost of it
    uint256 paid; // interest, principal and residual, ever
    uint256 repaid; // of `paid`, principal
    uint256 writtenDown;
    uint256 repaidBy; // chain time at which it is repaid at the present rate of receipts; 0: not at this rate
    uint256 coverageBps; // what the present rate brings until the plan's end, of what is owed to it and those before it
}
