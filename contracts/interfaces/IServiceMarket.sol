// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStepSource} from "./IStepSource.sol";
import {AgreementId, AssetId} from "../types/Identifiers.sol";
import {Status} from "../types/MeterForms.sol";
import {
    Bid,
    CoreGrade,
    Evidence,
    Order,
    OrderId,
    OrderRequest,
    OrderStage,
    Reputation,
    ServiceTermsId
} from "../types/Service.sol";

/// @title Work on a machine, bid for by many and paid by the machine itself.
/// @notice An asset's service reserve is a sub-account of this contract, filled by a share of its fees or by anyone. An order
///         takes its price out of the reserve, topped up by the provider where it is short, into escrow, and pays it out once and
///         completely: to the worker, back to the reserve, or as arbitrated (I-13).
///         Every stage has an end that anyone can bring about after its time: no order blocks a machine for ever.
///         An order that is assigned is a step at which parts change (all kinds but inspect and collect).
interface IServiceMarket is IStepSource {
    /// What acceptances by rule have committed in a period of 30 days, counted from 1970.
    struct RuleBudget {
        uint32 period;
        uint80 committed;
    }

    event OrderOpened(
        OrderId indexed order,
        AssetId indexed asset,
        address indexed opener,
        ServiceTermsId terms,
        bool byRule,
        bool isIncluded,
        OrderRequest request
    );
    event BidPlaced(OrderId indexed order, address indexed worker, uint80 price, uint32 workTime);
    event OrderAssigned(
        OrderId indexed order, address indexed worker, uint80 price, uint80 toppedUp, uint40 promisedFor, bool byRule
    );
    event OrderDelivered(OrderId indexed order, address indexed worker, bool late, Evidence evidence);
    event OrderDisputed(OrderId indexed order, address indexed by, uint80 bond, bytes32 documentHash, string uri);
    event RulingGiven(OrderId indexed order, address indexed arbiter, uint16 workerBps, bytes32 documentHash);
    /// @notice The one payment: toWorker + toReserve is the price; the bond goes to `bondTo`.
    event OrderEnded(
        OrderId indexed order, OrderStage indexed stage, uint80 toWorker, uint80 toReserve, uint80 bond, address bondTo
    );
    event CorePaid(OrderId indexed order, address indexed giver, CoreGrade grade, uint80 amount);
    event ReserveReleased(AssetId indexed asset, address indexed currency, address to, uint256 amount, address by);
    event SurplusSkimmed(address indexed currency, address indexed to, uint256 amount);
    event EligibilityChanged(address indexed from, address indexed to);

    error Market_UnknownOrder(OrderId order);
    error Market_WrongStage(OrderId order, OrderStage stage, OrderStage needed);
    error Market_MayNotOpen(AssetId asset, address caller);
    error Market_AgreementMismatch(AgreementId agreement, AssetId asset, address caller);
    error Market_AgreementHasOrder(AgreementId agreement, OrderId order);
    error Market_RuleNotAllowed(AssetId asset, address caller);
    error Market_AssetRetired(AssetId asset);
    error Market_ZeroCeiling();
    error Market_CeilingAboveRule(uint80 ceiling, uint80 ruleCeiling);
    error Market_BiddingTooShort(uint40 until, uint256 least);
    error Market_BiddingTooLong(uint40 until, uint256 most);
    error Market_WorkTimeOutOfRange(uint32 time, uint32 most);
    error Market_BiddingClosed(OrderId order, uint40 closedAt);
    error Market_BiddingOpen(OrderId order, uint40 until);
    error Market_BidsLapsed(OrderId order, uint256 lapsedAt);
    error Market_BidsStand(OrderId order, uint256 until);
    error Market_PriceOutOfRange(OrderId order, uint80 price, uint80 most);
    error Market_BidNotLower(OrderId order, uint80 price, uint80 standing);
    error Market_Ineligible(OrderId order, address worker, bytes32 reason);
    error Market_OwnOrder(OrderId order, address worker);
    error Market_WorkerIsArbiter(OrderId order, address worker);
    error Market_NoBid(OrderId order, address worker);
    error Market_ByRuleOnly(OrderId order);
    error Market_NotByRule(OrderId order);
    error Market_ReserveShort(AssetId asset, address currency, uint256 needed, uint256 balance);
    error Market_BudgetUsedUp(AssetId asset, uint80 price, uint256 left);
    error Market_NotProvider(AssetId asset, address caller, address provider);
    error Market_NotParty(OrderId order, address caller);
    error Market_NotWorker(OrderId order, address caller, address worker);
    error Market_NotArbiter(OrderId order, address caller);
    error Market_TooEarly(OrderId order, uint256 from);
    error Market_TooLate(OrderId order, uint256 until);
    error Market_ZeroDocument(OrderId order);
    error Market_StatusRefused(OrderId order, bytes32 reason);
    error Market_ShareTooHigh(uint16 bps);
    error Market_NotReturned(OrderId order);
    error Market_CoreAlreadyPaid(OrderId order);
    error Market_LienholderDecides(AssetId asset, address caller, address lienholder);
    error Market_NoSurplus(address currency);
    error Market_InvalidPolicy(address policy);

    // Opening and bidding (pausable)

    /// @notice By the provider, by a watcher it appointed, or by a customer with an open agreement on the asset (named in the
    ///         request). Terms are those that the provider has chosen. As long as they include services, a customer's order
    ///         counts as one of the year's and is accepted by rule; on any further one the provider decides. What ends without
    ///         work does not count. Only provider and watchers may ask for acceptance by rule, which refuses a ceiling above the
    ///         terms' rule ceiling.
    function open(OrderRequest calldata request) external returns (OrderId);
    /// @notice A bid binds until the order's bids lapse; it can only be lowered. Equal bids: the earlier. Who may bid is asked
    ///         again at acceptance.
    function bid(OrderId order, uint80 price, uint32 workTime) external;
    /// @notice The provider chooses a bid, and pays from its own account (allowance) what the reserve lacks. Here and in
    ///         `acceptLowest` a lienholder that is an ILienholder is asked first, and its error is the refusal.
    function accept(OrderId order, address worker) external;
    /// @notice Anyone, after closing, where the order is by rule: the lowest bid, from the reserve alone.
    function acceptLowest(OrderId order) external;

    // Ends and deliveries (never pausable)

    /// @notice By opener or provider, while open.
    function cancel(OrderId order) external;
    /// @notice Anyone, when the bids have lapsed.
    function lapse(OrderId order) external;
    /// @notice The worker gives the order back before delivery: the escrow returns to the reserve.
    function abandon(OrderId order) external;
    /// @notice Anyone, after the promised time and grace: the escrow returns to the reserve.
    function expire(OrderId order) external;
    /// @notice The worker's evidence, once. Where the terms ask for it, with the meter's own "up" status from after the assignment
    ///         (`signature` empty otherwise); collect orders need the machine handed on.
    function deliver(OrderId order, Evidence calldata evidence, Status calldata status, bytes calldata signature)
        external;
    /// @notice By the provider, or by the customer whose included service it was.
    function approve(OrderId order) external;
    /// @notice Anyone, after the time for inspection.
    function release(OrderId order) external;
    /// @notice By the provider, or the customer who opened it, within the time for inspection; takes the terms' bond from the
    ///         caller's account (allowance).
    function dispute(OrderId order, bytes32 documentHash, string calldata uri) external;
    /// @notice By an arbiter of the order's terms; may be changed until the quorum says the same, which pays.
    function rule(OrderId order, uint16 workerBps, bytes32 documentHash) external;
    /// @notice Anyone, after the time for arbitration: the terms' share for silence.
    function endSilent(OrderId order) external;

    // Collection

    /// @notice Anyone, once: what the terms pay for a machine of the grade it came back with (HandOvers), from the reserve to who
    ///         gave it.
    function payCore(OrderId order) external;

    // Reserve

    /// @notice By the provider; while a lien stands, by the lienholder only.
    function releaseReserve(AssetId asset, address currency, uint256 amount, address to) external;

    /// @notice Anyone: what was given to the escrow account beyond what orders hold goes to the community account.
    function skimSurplus(address currency) external returns (uint256 amount);

    // Views

    function orderCount() external view returns (uint64);
    function orderOf(OrderId order) external view returns (Order memory);
    function bidOf(OrderId order, address worker) external view returns (Bid memory);
    function isCorePaid(OrderId order) external view returns (bool);
    /// @return given Whether the arbiter has said something.
    /// @return workerBps What, so far.
    function rulingOf(OrderId order, address arbiter) external view returns (bool given, uint16 workerBps);
    function reputationOf(address worker) external view returns (Reputation memory);
    function openOrdersOf(AssetId asset) external view returns (uint256);
    /// @notice Where money for the asset's service is kept; anyone may pay in.
    function reserveOf(AssetId asset) external view returns (address);
    function budgetOf(AssetId asset) external view returns (RuleBudget memory);
    function includedUsed(AgreementId agreement, uint256 year) external view returns (uint256);
    /// @notice Sum of prices and bonds of unfinished orders; the escrow sub-account has at least this (I-13).
    function escrowedIn(address currency) external view returns (uint256);
    function eligibility() external view returns (address);

    // Governance

    function setEligibility(address policy) external;
    function pause() external;
    function unpause() external;
}
