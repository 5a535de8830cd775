// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {ICommunityAccount} from "../interfaces/ICommunityAccount.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {Member, MemberId} from "../types/Membership.sol";

/// @dev Dividends are an index by time, in whole units a member: what a member has earned is how far it rose while it had a vote,
///      so neither declaring nor claiming costs more with more members, and nothing is ever rounded.
contract CommunityAccount is ICommunityAccount, AccessManaged {
    using Checkpoints for Checkpoints.Trace208;

    uint256 public constant MOST_BPS = 2_500;
    uint256 public constant PERIOD = 30 days;
    uint256 private constant ALL_BPS = 10_000;

    struct Period {
        uint40 since;
        uint216 left;
    }

    IPrepaidAccounts public immutable accounts;
    IMembership public immutable membership;

    mapping(address currency => uint256) public setAside;
    mapping(address currency => Period) private _periods;
    mapping(address currency => Checkpoints.Trace208) private _indexes;
    mapping(MemberId => mapping(address currency => uint256)) private _claimed;

    constructor(address authority, IPrepaidAccounts accounts_, IMembership membership_) AccessManaged(authority) {
        (accounts, membership) = (accounts_, membership_);
    }

    // By decision

    /// @inheritdoc ICommunityAccount
    function spend(address currency, address to, uint256 amount, bytes32 purpose) external restricted {
        if (to == address(this)) revert Community_InvalidReceiver(to);
        _take(currency, amount);
        emit Spent(currency, to, amount, purpose);
        _pay(currency, to, amount);
    }

    /// @inheritdoc ICommunityAccount
    function declareDividend(address currency, uint256 amount) external restricted {
        uint256 members = membership.sharersAt(block.timestamp - 1);
        uint256 each = members == 0 ? 0 : amount / members;
        if (each == 0) revert Community_NothingToShare(currency, amount, members);
        _take(currency, each * members);
        setAside[currency] += each * members;
        Checkpoints.Trace208 storage index = _indexes[currency];
        // Less than all credit of a currency, which is below 2^128.
        index.push(uint48(block.timestamp), index.latest() + uint208(each));
        emit DividendDeclared(currency, each, members);
    }

    // Anyone

    /// @inheritdoc ICommunityAccount
    function claim(MemberId member, address currency) external returns (uint256 paid) {
        paid = claimable(member, currency);
        if (paid == 0) return 0;
        address to = membership.get(member).holder;
        _claimed[member][currency] += paid;
        setAside[currency] -= paid;
        emit DividendClaimed(member, currency, to, paid);
        _pay(currency, to, paid);
    }

    // Views

    /// @inheritdoc ICommunityAccount
    function free(address currency) public view returns (uint256) {
        return accounts.balanceOf(address(this), uint256(uint160(currency))) - setAside[currency];
    }

    /// @inheritdoc ICommunityAccount
    function left(address currency) public view returns (uint256) {
        Period storage period = _periods[currency];
        if (block.timestamp < period.since + PERIOD) return period.left;
        return free(currency) * MOST_BPS / ALL_BPS;
    }

    /// @inheritdoc ICommunityAccount
    function claimable(MemberId id, address currency) public view returns (uint256) {
        Member memory member = membership.get(id);
        if (member.votingSince == 0) return 0;
        Checkpoints.Trace208 storage index = _indexes[currency];
        uint256 until = member.votingUntil == 0 ? index.latest() : index.upperLookupRecent(member.votingUntil);
        return until - index.upperLookupRecent(member.votingSince) - _claimed[id][currency];
    }

    // Internals

    /// @dev The first decision of a period fixes what all of it may take.
    function _take(address currency, uint256 amount) private {
        uint256 most = left(currency);
        if (amount > most) revert Community_TooMuch(currency, amount, most);
        Period storage period = _periods[currency];
        if (block.timestamp >= period.since + PERIOD) period.since = uint40(block.timestamp);
        period.left = uint216(most - amount);
    }

    function _pay(address currency, address to, uint256 amount) private {
        // The ledger reverts where it refuses; its answer is always true.
        // forge-lint: disable-next-line(erc20-unchecked-transfer)
        accounts.transfer(to, uint256(uint160(currency)), amount);
    }
}
