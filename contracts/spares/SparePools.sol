// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {ISpareLoans} from "../interfaces/ISpareLoans.sol";
import {ISparePools} from "../interfaces/ISparePools.sol";
import {ISpareStock} from "../interfaces/ISpareStock.sol";
import {AssetId, NO_ASSET} from "../types/Identifiers.sol";
import {ClaimId, hashJoinPool, JoinPool, Member, MemberId, Pool, PoolId, PoolTerms} from "../types/Spares.sol";
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
    function takeFee(MemberId id, ClaimId claim) external onlyLoans returns (Member memory, PoolTerms memory) {
        Member storage member = _present(id);
        PoolTerms storage terms = _terms[member.pool];
        if (coverOf[member.asset] != id) revert Pools_AlreadyCovered(member.asset, coverOf[member.asset]);
        if (block.timestamp < member.coveredFrom) {
            revert Pools_StillWaiting(id, member.coveredFrom, block.timestamp);
        }
        if (member.deposit < terms.deposit) revert Pools_DepositShort(id, member.deposit, terms.deposit);
        _checkPaid(id, member);
        _hold(id, member, claim, terms.claimFee);
        return (member, terms);
    }

    /// @inheritdoc ISparePools
    function takeHold(MemberId id, ClaimId claim, uint80 amount) external onlyLoans returns (address account) {
        Member storage member = _present(id);
        _checkPaid(id, member);
        _hold(id, member, claim, amount);
        return member.account;
    }

    /// @inheritdoc ISparePools
    function takePrice(MemberId id, ClaimId claim, uint80 amount) external onlyLoans {
        Member storage member = _present(id);
        _draw(id, member);
        _hold(id, member, claim, amount);
    }

    /// @inheritdoc ISparePools
    function settle(MemberId id, ClaimId claim, uint80 back, uint80 toCash, uint80 fromDeposit) external onlyLoans {
        _settle(id, _present(id), claim, back, toCash, fromDeposit);
    }

    /// @inheritdoc ISparePools
    function settleLoan(MemberId id, ClaimId claim, uint80 back, uint80 toCash, uint80 fromDeposit, AssetId kept)
        external
        onlyLoans
    {
        Member storage member = _present(id);
        member.lastLoanEnd = uint40(block.timestamp);
        if (kept != NO_ASSET) {
            _uncover(id, member);
            member.asset = kept;
            coverOf[kept] = id;
            emit MachineChanged(id, kept, member.model, member.coveredFrom);
        }
        _settle(id, member, claim, back, toCash, fromDeposit);
    }

    /// @inheritdoc ISparePools
    function spend(PoolId id, address to, uint80 amount, bytes32 what) external {
        if (msg.sender != address(STOCK)) revert Pools_NotPlatform(msg.sender);
        _spend(id, to, amount, what);
    }

    // Views

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
