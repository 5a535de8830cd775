// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IFinancingErrors} from "./IFinancingErrors.sol";
import {Round, RoundId, RoundState, Tranche, TrancheTerms} from "../types/Financing.sol";

/// @title Machines paid for by many and repaid from their use.
/// @notice A round's money is its sub-account here. Receipts run down the tranches: a tranche's interest due, its principal, then the
///         next tranche; what is left once all are repaid is shared between residual holders and provider (I-8). Losses run up (I-9:
///         outstanding + repaid + written down = invested). A position is an ERC-1155 balance, one unit for each unit invested, under
///         the id round × 256 + tranche; payments lift an index, so 5 and 5,000 holders cost the same, and what was earned before a
///         transfer stays with the seller. Has no authority: what stops `invest` is the RoundBook's pause, and nothing stops the rest.
/// @dev States follow from receipts, plan and chain time alone, never from who called what when: a round is behind plan since
///      the last second at which no more was expected than has been received, and since the plan's end where anything is still owed.
///      Every amount is in base units of the round's currency, every time in seconds of chain time.
interface ICoFinancing is IERC1155, IFinancingErrors {
    event Invested(
        RoundId indexed round, uint8 indexed tranche, address indexed investor, uint88 asked, uint88 accepted
    );
    event Refunded(RoundId indexed round, uint8 indexed tranche, address indexed investor, uint256 amount);
    event RoundStateChanged(
        RoundId indexed round, RoundState from, RoundState to, uint256 received, uint256 secondsBehind
    );
    /// @notice One of the two moments from which the present rate of receipts is told.
    event ReceiptsNoted(RoundId indexed round, uint256 received);
    event TranchePaid(RoundId indexed round, uint8 indexed tranche, uint256 interest, uint256 principal);
    /// @notice What was left once every tranche was repaid. A distribution is its `TranchePaid` and this, and nothing else.
    event RestShared(RoundId indexed round, uint256[] toTranches, uint256 toProvider);
    event Repaid(RoundId indexed round, address indexed by, uint256 amount, bool outright);
    event Claimed(RoundId indexed round, uint8 indexed tranche, address indexed holder, uint256 amount);
    event PositionBurned(RoundId indexed round, uint8 indexed tranche, address indexed holder, uint256 amount);
    event WrittenDown(RoundId indexed round, uint8 indexed tranche, uint256 principal, uint256 interest);
    event SurplusSkimmed(RoundId indexed round, address indexed to, uint256 amount);

    // Funding

    /// @notice RoundBook only.
    function open(RoundId round, address provider, address currency, uint64 split, TrancheTerms[] calldata tranches)
        external;

    /// @notice Before the deadline, from the caller's account (allowance). First come, first served: what tranche and target have no
    ///         room for is not taken, so the last investor may be accepted in part. Refused where less than `least` would be. Pausable.
    /// @return accepted Units taken, and minted as a position.
    function invest(RoundId round, uint8 tranche, uint88 amount, uint88 least) external returns (uint88 accepted);

    /// @notice Anyone, once the target is reached or the deadline has passed with the minimum, and at most 14 days after the
    ///         deadline: every asset must pay its fees to the round's split and, if secured, stand under this contract's lien alone,
    ///         its parts too. What was raised goes to the provider.
    function start(RoundId round) external;
    /// @notice By the provider, before the start.
    function cancel(RoundId round) external;
    /// @notice Anyone, when the round can start no more.
    function fail(RoundId round) external;
    /// @notice Anyone, for a holder of a failed round: burns the position and pays back what it stands for.
    function refund(RoundId round, uint8 tranche, address holder) external returns (uint256 amount);

    // Running. Never pausable.

    /// @notice Anyone: pulls the split, then runs the waterfall. Gifts to the round's account count as receipts.
    function distribute(RoundId round) external;
    /// @notice Anyone: distributes, then records the state that follows by rule.
    function updateState(RoundId round) external returns (RoundState);
    /// @notice Early or partial repayment from the caller's account (allowance); more than is owed is not taken.
    /// @return accepted Units taken.
    function repay(RoundId round, uint256 amount) external returns (uint256 accepted);
    /// @notice Pays all that is owed and to every residual holder what its cap leaves; the round is over.
    /// @param most The caller pays no more than this.
    function buyOut(RoundId round, uint256 most) external returns (uint256 price);

    // Positions

    /// @notice Anyone, for a holder: pays what its position has earned into its account.
    function claim(RoundId round, uint8 tranche, address holder) external returns (uint256 amount);
    /// @notice `distribute` and `claim` in one.
    function collect(RoundId round, uint8 tranche, address holder) external returns (uint256 amount);
    /// @notice Once the round is over: pays and burns the caller's position, and with it its part in what may still come. The last to
    ///         burn has the tranche's remainder.
    function burn(RoundId round, uint8 tranche) external returns (uint256 amount);

    // The end

    /// @notice RoundCollateral only, when nothing more will come: distributes, then writes down what is owed, from the lowest tranche up.
    function conclude(RoundId round) external;
    /// @notice Anyone: what is in the account of a round that is over beyond what its holders can claim. Of a recovered round it first
    ///         makes good what was lost, down the tranches; the rest goes to its provider.
    /// @return amount Units to the provider.
    function skimSurplus(RoundId round) external returns (uint256 amount);

    // Views

    function roundInfo(RoundId round) external view returns (Round memory);
    /// @notice As stored: interest due up to the last payment. Use `duesOf` for now.
    function trancheInfo(RoundId round, uint8 tranche) external view returns (Tranche memory);
    /// @return interestDue Now; of a recovered round, what was lost of it.
    /// @return paid Interest, principal and residual, ever.
    function duesOf(RoundId round, uint8 tranche) external view returns (uint256 interestDue, uint256 paid);
    /// @notice The state that follows by rule from what has been distributed, and how long the round is behind.
    function stateByRule(RoundId round) external view returns (RoundState state, uint256 secondsBehind);
    /// @notice What `repay` would need to end the round, fees in the split not counted.
    function owedOf(RoundId round) external view returns (uint256);
    function accountOf(RoundId round) external view returns (address);
    function claimable(RoundId round, uint8 tranche, address holder) external view returns (uint256);
}
