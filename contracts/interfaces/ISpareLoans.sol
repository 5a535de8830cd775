// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISignedForms} from "./ISignedForms.sol";
import {AssetId} from "../types/Identifiers.sol";
import {Reading, Status} from "../types/MeterForms.sol";
import {CoreGrade} from "../types/Service.sol";
import {Claim, ClaimId, ClaimStage, MemberId, PoolId, SpareHandOver} from "../types/Spares.sol";

/// @title Claims that the broken machine itself proves, their queue, and loans. SparePools has members and money, SpareStock the spares.
/// @notice Claims of a model have their turn in the order of chain time, and those who have had a loan within the terms' rest time
///         after the others. Nothing here can be paused.
interface ISpareLoans is ISignedForms {
    event Claimed(
        ClaimId indexed claim,
        PoolId indexed pool,
        MemberId indexed member,
        AssetId asset,
        uint8 model,
        bool isBehind,
        Status status
    );
    event CalledOut(ClaimId indexed claim, uint40 collectUntil);
    /// @notice How many claims of either queue have had their turn, or ended before it came.
    event PassedOver(PoolId indexed pool, uint8 indexed model, uint64 first, uint64 behind);
    /// @notice Without a spare: withdrawn, lapsed, or cancelled by shown use; `feeLost` says where the claim fee went.
    event ClaimEnded(ClaimId indexed claim, ClaimStage indexed stage, bool feeLost);
    /// @notice The machine ran after the breakdown that was claimed: the fee is lost, and a spare on loan is due at once.
    event UseShown(ClaimId indexed claim, address indexed by, uint48 odometer);
    event SpareLent(
        ClaimId indexed claim, AssetId indexed unit, uint40 latestReturn, uint80 hold, bytes32 conditionHash
    );
    event DefectiveArrived(ClaimId indexed claim, AssetId indexed asset, CoreGrade grade, bytes32 conditionHash);
    event DepositForfeited(ClaimId indexed claim);
    /// @notice `fee` and `late` went to the pool's cash, `price` too (bought out: posted price; exchanged: exchange fee).
    event LoanEnded(
        ClaimId indexed claim, ClaimStage indexed stage, AssetId indexed unit, uint80 fee, uint80 late, uint80 price
    );
    error Loans_NotSpareStock(address caller);
    error Loans_UnknownClaim(ClaimId claim);
    error Loans_WrongStage(ClaimId claim, ClaimStage stage);
    error Loans_NotMember(MemberId member, address caller, address account);
    error Loans_NotOwnMachine(AssetId asset, address account, address owner);
    error Loans_NoSpares(PoolId pool, uint8 model);
    error Loans_AlreadyClaimed(AssetId asset, ClaimId claim);
    error Loans_HoldsSpare(MemberId member, ClaimId claim);
    error Loans_SameBreakdown(AssetId asset, ClaimId claim, uint48 odometer);
    error Loans_StatusOfOther(AssetId asset, AssetId given);
    error Loans_NotDown(AssetId asset, uint8 state);
    error Loans_StatusTooOld(AssetId asset, uint40 time, uint256 oldest);
    error Loans_StatusAhead(AssetId asset, uint40 time, uint256 now_);
    /// @notice The registry knows a later one.
    error Loans_StatusOutdated(AssetId asset, uint40 time, uint48 odometer);
    error Loans_StatusForged(AssetId asset);
    error Loans_GradeTooLow(AssetId asset, uint8 grade, uint8 least);
    error Loans_BrokeWhileWaiting(AssetId asset, uint40 time, uint40 coveredFrom);
    error Loans_NoUseShown(ClaimId claim, uint48 odometer, uint48 atBreakdown);
    error Loans_NotNext(ClaimId claim, ClaimId next);
    error Loans_TooEarly(ClaimId claim, uint256 from);
    error Loans_TooLate(ClaimId claim, uint256 until);
    error Loans_WrongHands(ClaimId claim, address giver, address taker);
    error Loans_OtherAsset(ClaimId claim, AssetId given, AssetId expected);
    error Loans_NoGrade(ClaimId claim);
    error Loans_NotArrived(ClaimId claim, AssetId asset);
    error Loans_AlreadyArrived(ClaimId claim);
    error Loans_AlreadyForfeited(ClaimId claim);
    error Loans_UseAlreadyShown(ClaimId claim);

    // Claims

    /// @notice The member, with a "down" of its own machine: signed after its waiting time by a meter of the terms' grade, fresh, not
    ///         outdated by what the registry has recorded, and at a higher odometer than at the last breakdown that got a spare.
    ///         Holds the claim fee. Needs a spare of the model in the pool, in whatever place.
    function claim(MemberId member, Status calldata status, bytes calldata signature) external returns (ClaimId);
    /// @notice The member. Fee back, unless the claim was called out.
    function withdraw(ClaimId claim) external;
    /// @notice Anyone: a reading that the machine's meter signed and that shows a higher odometer than at the breakdown, until the
    ///         defective unit has arrived. The claim fee is lost; without a spare the claim ends, with one that is due at once.
    function showUse(ClaimId claim, Reading calldata reading, bytes calldata signature) external;
    /// @notice The same by a status.
    function showUseByStatus(ClaimId claim, Status calldata status, bytes calldata signature) external;
    /// @notice Anyone, where a spare is on the shelf that nobody was called for: the next in the queue has the terms' time to
    ///         collect it.
    function callOut(PoolId pool, uint8 model) external returns (ClaimId);
    /// @notice Anyone: called out and not collected in time, or the machine is no longer the member's. The fee is lost.
    function lapse(ClaimId claim) external;

    /// @notice Anyone: at most `most` claims that ended while they waited are passed over for good, so that no number of them makes
    ///         a turn too expensive.
    function passOver(PoolId pool, uint8 model, uint256 most) external;

    // Loans; forms are signed by both hands, and anyone carries them

    /// @notice Keeper → member: a spare from the shelf, to who was called out or is next. Holds the fees up to the latest return.
    function takeSpare(SpareHandOver calldata form, bytes calldata giverSignature, bytes calldata takerSignature)
        external;
    /// @notice Member → keeper: the machine that broke down, in the terms' time. The claim fee goes back. Its title stays the member's.
    function bringDefective(SpareHandOver calldata form, bytes calldata giverSignature, bytes calldata takerSignature)
        external;
    /// @notice Member → keeper: the spare, with a grade. A and B: to the shelf, C and D: to repair.
    function giveBack(SpareHandOver calldata form, bytes calldata giverSignature, bytes calldata takerSignature)
        external;
    /// @notice The member keeps the spare and leaves the pool the defective unit, which has arrived, for the exchange fee out of its
    ///         credit. Has to approve SpareStock for the title.
    function exchange(ClaimId claim) external;
    /// @notice The member keeps the spare for the posted price, out of its credit.
    function buyOut(ClaimId claim) external;
    /// @notice Anyone: the defective unit has not arrived in time; the deposit goes to the pool's cash, the claim fee with it.
    function forfeit(ClaimId claim) external;

    // SpareStock only

    /// @notice A loan whose spare never came back, after its latest return: all that was held for it, the claim fee and the deposit go
    ///         to the pool's cash.
    function writeOff(ClaimId claim) external;

    // Views

    function claimCount() external view returns (uint64);
    function claimOf(ClaimId claim) external view returns (Claim memory);
    /// @return The last claim for this machine, open or ended.
    function latestClaimOf(AssetId asset) external view returns (ClaimId);
    /// @return The member's open claim, or zero.
    function openClaimOf(MemberId member) external view returns (ClaimId);
    /// @return Waiting claims, in the order of their turn.
    function queueOf(PoolId pool, uint8 model) external view returns (ClaimId[] memory);
    /// @return fee If the loan ended now: for its days.
    /// @return late Out of the deposit.
    /// @return feeLost Whether claim fee and deposit are lost, for the defective unit is late.
    function feesOf(ClaimId claim) external view returns (uint256 fee, uint256 late, bool feeLost);
    function digestOf(SpareHandOver calldata form) external view returns (bytes32);
}
