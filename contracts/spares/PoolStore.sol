// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {ISpareLoans} from "../interfaces/ISpareLoans.sol";
import {ISparePools} from "../interfaces/ISparePools.sol";
import {ISpareStock} from "../interfaces/ISpareStock.sol";
import {PoolMath} from "../libraries/PoolMath.sol";
import {Subaccounts} from "../libraries/Subaccounts.sol";
import {SignedForms} from "../shared/SignedForms.sol";
import {AssetId} from "../types/Identifiers.sol";
import {Member, MemberId, Pool, PoolId, PoolTerms} from "../types/Spares.sol";

/// @title What SparePools remembers, and the few movements of money that it knows.
abstract contract PoolStore is ISparePools, SignedForms {
    IPrepaidAccounts internal immutable ACCOUNTS;
    IAssetRegistry internal immutable ASSETS;
    IOfferBook internal immutable OFFERS;
    ISpareStock internal immutable STOCK;
    ISpareLoans internal immutable LOANS;

    /// @inheritdoc ISparePools
    uint64 public poolCount;
    /// @inheritdoc ISparePools
    uint64 public memberCount;
    mapping(PoolId => Pool) internal _pools;
    mapping(PoolId => PoolTerms) internal _terms;
    mapping(MemberId => Member) internal _members;
    /// @inheritdoc ISparePools
    mapping(AssetId => MemberId) public coverOf;
    /// @inheritdoc ISparePools
    mapping(PoolId => mapping(address candidate => bool)) public isVouched;

    constructor(
        IPrepaidAccounts accounts,
        IAssetRegistry assets,
        IOfferBook offers,
        ISpareStock stock,
        ISpareLoans loans
    ) {
        ACCOUNTS = accounts;
        ASSETS = assets;
        OFFERS = offers;
        STOCK = stock;
        LOANS = loans;
    }

    /// @inheritdoc ISparePools
    function cashOf(PoolId id) public view returns (uint256) {
        return _balance(id) - _pools[id].held;
    }

    // Parties

    function _known(PoolId id) internal view returns (Pool storage pool) {
        pool = _pools[id];
        if (pool.rulesHash == 0) revert Pools_Unknown(id);
    }

    function _present(MemberId id) internal view returns (Member storage member) {
        member = _members[id];
        if (member.joinedAt == 0) revert Pools_UnknownMember(id);
        if (member.hasLeft) revert Pools_HasLeft(id);
    }

    function _own(MemberId id) internal view returns (Member storage member) {
        member = _present(id);
        if (msg.sender != member.account) revert Pools_NotMember(id, msg.sender, member.account);
    }

    function _checkRunning() internal view {
        if (OFFERS.paused()) revert Pools_Paused();
    }

    function _checkRange(bytes32 which, uint256 value, uint256 least, uint256 most) internal pure {
        if (value < least || value > most) revert Pools_OutOfRange(which, value, least, most);
    }

    // Dues

    /// @return missing Periods that have begun and are not paid for.
    function _draw(MemberId id, Member storage member) internal returns (uint256 missing) {
        PoolTerms storage terms = _terms[member.pool];
        uint80 dues = terms.dues;
        (uint256 due, uint256 paid) =
            PoolMath.periods(member.duesUntil, terms.period, dues, member.credit, block.timestamp);
        missing = due - paid;
        if (paid == 0) return missing;
        // What the credit pays for fits its 80 bits, and time fits 40.
        // forge-lint: disable-next-line(unsafe-typecast)
        (uint80 amount, uint40 until) = (uint80(paid * dues), uint40(member.duesUntil + paid * terms.period));
        (member.credit, member.duesUntil) = (member.credit - amount, until);
        if (amount != 0) {
            member.contributed += amount;
            Pool storage pool = _pools[member.pool];
            (pool.contributed, pool.held) = (pool.contributed + amount, pool.held - amount);
        }
        emit DuesDrawn(id, paid, amount, until);
    }

    function _checkPaid(MemberId id, Member storage member) internal {
        uint256 missing = _draw(id, member);
        if (missing != 0) revert Pools_InArrears(id, missing, missing * _terms[member.pool].dues);
    }

    function _takeCredit(MemberId id, Member storage member, uint80 amount) internal {
        uint80 credit = member.credit;
        if (credit < amount) revert Pools_CreditShort(id, amount, credit);
        member.credit = credit - amount;
    }

    // Money

    function _key(PoolId id) internal pure returns (bytes32) {
        return bytes32(uint256(PoolId.unwrap(id)));
    }

    function _account(PoolId id) internal view returns (address) {
        return Subaccounts.derive(address(this), _key(id));
    }

    function _balance(PoolId id) internal view returns (uint256) {
        return ACCOUNTS.balanceOf(_account(id), uint160(_terms[id].currency));
    }

    function _takeIn(PoolId id, address payer, uint256 amount) internal {
        if (amount != 0) ACCOUNTS.transferFrom(payer, _account(id), uint160(_terms[id].currency), amount);
    }

    function _pay(PoolId id, address to, uint256 amount) internal {
        if (amount != 0) ACCOUNTS.moveFrom(_key(id), to, _terms[id].currency, amount);
    }

    function _spend(PoolId id, address to, uint80 amount, bytes32 what) internal {
        uint256 cash = cashOf(id);
        if (amount > cash) revert Pools_CashShort(id, amount, cash);
        emit Spent(id, to, amount, what);
        _pay(id, to, amount);
    }
}
