// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISignedForms} from "./ISignedForms.sol";
import {AssetId} from "../types/Identifiers.sol";
import {
    Claimant,
    ClaimId,
    JoinPool,
    LoanEnd,
    Member,
    MemberId,
    Pool,
    PoolId,
    PoolModel,
    PoolTerms
} from "../types/Spares.sol";

/// @title Spares for all of many factories: rules that each has accepted, dues and deposits. SpareStock keeps the spares and counts
///        votes, SpareLoans lends.
/// @notice A membership is for one machine: who has three machines of the pool's models joins three times, with dues, a deposit, a
///         vote and a right to one spare at a time for each. A machine is in one pool at a time.
///         All money of a pool is one sub-account of this contract. Of it, `held` belongs to members (credits, deposits, fees and
///         holds of open claims); the rest is the pool's cash, gifts included: it buys spares and pays repairs, as members vote and
///         the terms say, and part of it goes with each who leaves:
///         who leaves takes credit and deposit, and of the cash the part that its contributions (entry, dues of periods begun) are
///         of those of all present members, but never more than it has contributed. So no order of leaving changes what anybody gets
///         by more than the unit lost in rounding down, and nobody gains by joining in order to leave. Unpaid dues are taken off.
///         Who leaves last takes the rest, spares included.
///         The pool's maker has no power. Its keeper signs for it when units change hands, and is replaced by vote.
interface ISparePools is ISignedForms {
    event PoolOpened(
        PoolId indexed pool,
        address indexed maker,
        address indexed keeper,
        PoolTerms terms,
        PoolModel[] models,
        bytes32 rulesHash
    );
    event Vouched(PoolId indexed pool, MemberId indexed by, address indexed candidate);
    event MemberJoined(
        MemberId indexed member,
        PoolId indexed pool,
        address indexed account,
        AssetId asset,
        uint8 model,
        uint40 coveredFrom,
        uint80 credit
    );
    event MachineChanged(MemberId indexed member, AssetId indexed asset, uint8 model, uint40 coveredFrom);
    event PaidIn(MemberId indexed member, address indexed by, uint80 amount);
    event PaidOut(MemberId indexed member, uint80 amount);
    event DepositRestored(MemberId indexed member, uint80 amount);
    /// @notice Dues of `periods` went from the credit into the pool's cash.
    event DuesDrawn(MemberId indexed member, uint256 periods, uint80 amount, uint40 duesUntil);
    /// @notice For a claim, out of the credit: fee, hold, or a price that the next `ClaimPaid` takes on to the cash.
    event ClaimHeld(MemberId indexed member, ClaimId indexed claim, uint80 amount);
    /// @notice Of what was held: `back` to the credit, `toCash` to the pool; and `fromDeposit` from the deposit to the pool.
    event ClaimPaid(MemberId indexed member, ClaimId indexed claim, uint80 back, uint80 toCash, uint80 fromDeposit);
    event Spent(PoolId indexed pool, address indexed to, uint80 amount, bytes32 what);
    /// @notice credit + deposit + share − unpaid went to the account; share is of the pool's cash.
    event MemberLeft(
        MemberId indexed member,
        PoolId indexed pool,
        address indexed by,
        uint80 credit,
        uint80 deposit,
        uint256 share,
        uint256 unpaid
    );
    event PoolClosed(PoolId indexed pool, address indexed heir);
    event Inherited(PoolId indexed pool, address indexed heir, uint256 amount);

    error Pools_Paused();
    error Pools_Unknown(PoolId pool);
    error Pools_Closed(PoolId pool, address heir);
    error Pools_NotClosed(PoolId pool, uint256 members);
    error Pools_CurrencyNotAdmitted(address currency);
    error Pools_OutOfRange(bytes32 which, uint256 value, uint256 least, uint256 most);
    error Pools_OtherRules(PoolId pool, bytes32 accepted, bytes32 rulesHash);
    error Pools_NotVouched(PoolId pool, address account);
    error Pools_NotTitleOwner(AssetId asset, address account, address owner);
    error Pools_AlreadyCovered(AssetId asset, MemberId member);
    error Pools_UnknownMember(MemberId member);
    error Pools_NotMember(MemberId member, address caller, address account);
    error Pools_HasLeft(MemberId member);
    error Pools_HasClaim(MemberId member, ClaimId claim);
    error Pools_InArrears(MemberId member, uint256 periods, uint256 amount);
    error Pools_NotInArrears(MemberId member, uint256 amount, uint256 deposit);
    error Pools_DepositShort(MemberId member, uint80 deposit, uint80 needed);
    error Pools_CreditShort(MemberId member, uint256 needed, uint256 credit);
    error Pools_CashShort(PoolId pool, uint256 needed, uint256 cash);
    error Pools_StillWaiting(MemberId member, uint40 coveredFrom, uint256 now_);
    error Pools_ZeroAmount();
    error Pools_NotPlatform(address caller);

    // Entry (paused with the OfferBook)

    /// @notice Anyone opens a pool and is no member by it. Terms and models never change.
    /// @param models 1 to 16.
    /// @param keeper Signs for the pool when units change hands.
    function open(PoolTerms calldata terms, PoolModel[] calldata models, address keeper) external returns (PoolId);
    /// @notice The caller joins with a machine of its own. Takes entry, deposit and `credit` from its account (allowance).
    /// @param rulesHash What the caller accepts: `poolOf(pool).rulesHash`, keccak256(abi.encode(pool, terms, models)).
    function join(PoolId pool, AssetId asset, bytes32 rulesHash, uint80 credit) external returns (MemberId);
    /// @notice The same by signature; anyone may carry it.
    function joinSigned(JoinPool calldata form, bytes calldata signature) external returns (MemberId);
    /// @notice For one joining by `candidate`.
    function vouch(MemberId by, address candidate) external;
    /// @notice Another machine of the member's, of any model of the pool; it waits anew. Not while a claim is open.
    function changeMachine(MemberId member, AssetId asset) external;

    // Money of members (never pausable)

    /// @notice Anyone, from its own account (allowance), to the member's credit.
    function payIn(MemberId member, uint80 amount) external;
    /// @notice The member, what is left of the credit after dues.
    function payOut(MemberId member, uint80 amount) external;
    /// @notice The member, out of its credit: what the deposit lacks to the terms'.
    function restoreDeposit(MemberId member) external;
    /// @notice Anyone: draws dues of all periods that have begun, as far as the credit reaches.
    function drawDues(MemberId member) external;
    /// @notice The member; not while a claim is open.
    function quit(MemberId member) external;
    /// @notice Anyone, where unpaid dues exceed the deposit; not while a claim is open.
    function expel(MemberId member) external;
    /// @notice Anyone, of a closed pool: all money to its heir.
    function inheritCash(PoolId pool) external;

    // SpareLoans and SpareStock only

    /// @notice Draws dues, and refuses who is in arrears, waits or lacks deposit; holds the claim fee out of the credit.
    function takeFee(MemberId member, ClaimId claim) external returns (Claimant memory);
    /// @notice Draws dues, refuses who is in arrears, holds a loan's fees up to its latest return out of the credit.
    function takeHold(MemberId member, ClaimId claim) external returns (address account, uint80 hold, uint40 latest);
    /// @notice Of a claim fee: back to the credit, or to the pool's cash, then with the whole deposit where `withDeposit` says so.
    function settleFee(MemberId member, ClaimId claim, bool isFeeHeld, bool isLost, bool withDeposit) external;
    /// @notice Pays for the days of a loan and for a spare that is kept, which becomes the member's machine; the rest of the hold goes
    ///         back to the credit. A defective unit that is late costs the deposit and the claim fee, whoever says so first.
    /// @return account The member's.
    /// @return fee For its days.
    /// @return late Out of the deposit, where not all of it is lost.
    function settleLoan(MemberId member, ClaimId claim, LoanEnd calldata end)
        external
        returns (address account, uint80 fee, uint80 late);
    /// @notice Of a loan whose spare never came back: hold, claim fee and deposit to the pool's cash.
    /// @return lost Hold and claim fee.
    /// @return deposit What there was of it.
    function writeOff(MemberId member, ClaimId claim, bool isFeeHeld) external returns (uint80 lost, uint80 deposit);
    /// @notice Cash for a spare, or to the service reserve of a unit.
    function spend(PoolId pool, address to, uint80 amount, bytes32 what) external;

    // Views

    function poolCount() external view returns (uint64);
    function memberCount() external view returns (uint64);
    function poolOf(PoolId pool) external view returns (Pool memory);
    function termsOf(PoolId pool) external view returns (PoolTerms memory);
    function memberOf(MemberId member) external view returns (Member memory);
    /// @return The membership that covers the machine, or zero; void once its account no longer owns the machine.
    function coverOf(AssetId asset) external view returns (MemberId);
    /// @return fee If the loan ended now: for its days.
    /// @return late Out of the deposit.
    /// @return isLost Whether the deposit is lost, and with it the claim fee: the defective unit is late.
    function loanFees(MemberId member, LoanEnd calldata end)
        external
        view
        returns (uint256 fee, uint256 late, bool isLost);
    /// @return The sub-account that holds all of the pool's money.
    function accountOf(PoolId pool) external view returns (address);
    /// @return Base units: all in the account but what is held for members.
    function cashOf(PoolId pool) external view returns (uint256);
    /// @return periods That have begun and that the credit does not pay for.
    /// @return amount Of dues for them.
    function arrearsOf(MemberId member) external view returns (uint256 periods, uint256 amount);
    /// @return paid What the member would get by leaving now, but for an open claim.
    function refundOf(MemberId member) external view returns (uint256 paid);
    function isVouched(PoolId pool, address candidate) external view returns (bool);
    function digestOf(JoinPool calldata form) external view returns (bytes32);
}
