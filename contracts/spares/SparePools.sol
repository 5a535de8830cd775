// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {ISpareLoans} from "../interfaces/ISpareLoans.sol";
import {ISparePools} from "../interfaces/ISparePools.sol";
import {ISpareStock} from "../interfaces/ISpareStock.sol";
import {PoolMath} from "../libraries/PoolMath.sol";
import {AssetId, NO_ASSET} from "../types/Identifiers.sol";
import {
    Claimant,
    ClaimId,
    hashJoinPool,
    JoinPool,
    LoanEnd,
    Member,
    MemberId,
    Pool,
    PoolId,
    PoolTerms
} from "../types/Spares.sol";
import {PoolMembers} from "./PoolMembers.sol";
import {PoolStore} from "./PoolStore.sol";

/// @title Members and money of spare pools; see ISparePools.
/// @dev Has no authority: the OfferBook's pause stops new pools and members, nothing stops an exit. Calls only contracts
///      of this platform, all fixed at deployment.
contract SparePools is PoolMembers {
    constructor(
        IPrepaidAccounts accounts,
        IAssetRegistry assets,
        IOfferBook offers,
        ISpareStock stock,
        ISpareLoans loans
    ) PoolStore(accounts, assets, offers, stock, loans) {}

    modifier onlyLoans() {
        if (msg.sender != address(LOANS)) revert Pools_NotPlatform(msg.sender);
        _;
    }

    // SpareLoans and SpareStock only

    /// @inheritdoc ISparePools
    function takeFee(MemberId id, ClaimId claim) external onlyLoans returns (Claimant memory) {
        Member storage member = _present(id);
        PoolTerms storage terms = _terms[member.pool];
        AssetId asset = member.asset;
        if (coverOf[asset] != id) revert Pools_AlreadyCovered(asset, coverOf[asset]);
        uint40 coveredFrom = member.coveredFrom;
        if (block.timestamp < coveredFrom) revert Pools_StillWaiting(id, coveredFrom, block.timestamp);
        if (member.deposit < terms.deposit) revert Pools_DepositShort(id, member.deposit, terms.deposit);
        _checkPaid(id, member);
        _hold(id, member, claim, terms.claimFee);
        uint256 ended = member.lastLoanEnd;
        return Claimant({
            account: member.account,
            coveredFrom: coveredFrom,
            model: member.model,
            leastGrade: terms.leastGrade,
            isBehind: ended != 0 && block.timestamp < ended + terms.restTime,
            pool: member.pool,
            asset: asset,
            freshTime: terms.freshTime
        });
    }

    /// @inheritdoc ISparePools
    function takeHold(MemberId id, ClaimId claim)
        external
        onlyLoans
        returns (address account, uint80 hold, uint40 latest)
    {
        Member storage member = _present(id);
        PoolTerms storage terms = _terms[member.pool];
        _checkPaid(id, member);
        hold = _holdOf(terms);
        _hold(id, member, claim, hold);
        return (member.account, hold, uint40(block.timestamp + terms.longestLoan));
    }

    /// @inheritdoc ISparePools
    function settleFee(MemberId id, ClaimId claim, bool isFeeHeld, bool isLost, bool withDeposit) external onlyLoans {
        Member storage member = _present(id);
        uint80 fee = isFeeHeld ? _terms[member.pool].claimFee : 0;
        _settle(id, member, claim, isLost ? 0 : fee, isLost ? fee : 0, withDeposit ? member.deposit : 0);
    }

    /// @inheritdoc ISparePools
    function settleLoan(MemberId id, ClaimId claim, LoanEnd calldata end)
        external
        onlyLoans
        returns (address account, uint80 fee, uint80 late)
    {
        Member storage member = _present(id);
        if (end.kept != NO_ASSET) _sell(id, member, claim, end);
        bool isLost;
        (fee, late, isLost) = _loanFees(member, end);
        PoolTerms storage terms = _terms[member.pool];
        uint80 claimFee = end.isFeeHeld ? terms.claimFee : 0;
        uint80 back = _holdOf(terms) - fee;
        uint80 toCash = fee + end.price;
        if (isLost) toCash += claimFee;
        else back += claimFee;
        member.lastLoanEnd = uint40(block.timestamp);
        _settle(id, member, claim, back, toCash, isLost ? member.deposit : late);
        account = member.account;
    }

    /// @inheritdoc ISparePools
    function writeOff(MemberId id, ClaimId claim, bool isFeeHeld)
        external
        onlyLoans
        returns (uint80 lost, uint80 deposit)
    {
        Member storage member = _present(id);
        PoolTerms storage terms = _terms[member.pool];
        lost = _holdOf(terms) + (isFeeHeld ? terms.claimFee : 0);
        deposit = member.deposit;
        member.lastLoanEnd = uint40(block.timestamp);
        _settle(id, member, claim, 0, lost, deposit);
    }

    /// @inheritdoc ISparePools
    function spend(PoolId id, address to, uint80 amount, bytes32 what) external {
        if (msg.sender != address(STOCK)) revert Pools_NotPlatform(msg.sender);
        _spend(id, to, amount, what);
    }

    // Views

    /// @inheritdoc ISparePools
    function loanFees(MemberId id, LoanEnd calldata end)
        external
        view
        returns (uint256 fee, uint256 late, bool isLost)
    {
        return _loanFees(_present(id), end);
    }

    /// @inheritdoc ISparePools
    function poolOf(PoolId id) external view returns (Pool memory) {
        return _known(id);
    }

    /// @inheritdoc ISparePools
    function termsOf(PoolId id) external view returns (PoolTerms memory) {
        return _terms[id];
    }

    /// @inheritdoc ISparePools
    function memberOf(MemberId id) external view returns (Member memory member) {
        member = _members[id];
        if (member.joinedAt == 0) revert Pools_UnknownMember(id);
    }

    /// @inheritdoc ISparePools
    function accountOf(PoolId id) external view returns (address) {
        return _account(id);
    }

    /// @inheritdoc ISparePools
    function digestOf(JoinPool calldata form) external view returns (bytes32) {
        return _hashTypedDataV4(hashJoinPool(form));
    }

    // Internals

    /// @dev Opening a pool bounds the fee a day so that this fits.
    function _holdOf(PoolTerms storage terms) private view returns (uint80) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint80(PoolMath.daysBegun(terms.longestLoan) * terms.feePerDay);
    }

    function _loanFees(Member storage member, LoanEnd calldata end)
        private
        view
        returns (uint80 fee, uint80 late, bool isLost)
    {
        PoolTerms storage terms = _terms[member.pool];
        (uint256 forDays, uint256 forLate) = PoolMath.loanFees(
            end.lentAt, end.latest, block.timestamp, terms.feePerDay, terms.lateFeePerDay, member.deposit
        );
        isLost = end.isUnitOwed && block.timestamp > uint256(end.lentAt) + terms.defectiveTime;
        // At most the hold and the deposit.
        // forge-lint: disable-next-line(unsafe-typecast)
        (fee, late) = (uint80(forDays), uint80(forLate));
    }

    /// @dev The price waits with what is held until the loan is settled; the spare is the member's machine from now on.
    function _sell(MemberId id, Member storage member, ClaimId claim, LoanEnd calldata end) private {
        _draw(id, member);
        _hold(id, member, claim, end.price);
        _uncover(id, member);
        member.asset = end.kept;
        coverOf[end.kept] = id;
        emit MachineChanged(id, end.kept, member.model, member.coveredFrom);
    }

    /// @dev Stays held for the member, but out of its credit.
    function _hold(MemberId id, Member storage member, ClaimId claim, uint80 amount) private {
        if (amount == 0) return;
        _takeCredit(id, member, amount);
        emit ClaimHeld(id, claim, amount);
    }

    function _settle(MemberId id, Member storage member, ClaimId claim, uint80 back, uint80 toCash, uint80 fromDeposit)
        private
    {
        if (back != 0) member.credit += back;
        if (fromDeposit != 0) member.deposit -= fromDeposit;
        uint128 freed = uint128(toCash) + fromDeposit;
        if (freed != 0) _pools[member.pool].held -= freed;
        emit ClaimPaid(id, claim, back, toCash, fromDeposit);
    }
}
