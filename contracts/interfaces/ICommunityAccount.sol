// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MemberId} from "../types/Membership.sol";

/// @title What belongs to all members: an account in the ledger that splits may name as a payee like any other.
/// @notice It can take from nobody. Its money leaves by decision only, at most a quarter in 30 days, and as dividends that every
///         member who had a vote claims in equal parts.
interface ICommunityAccount {
    event Spent(address indexed currency, address indexed to, uint256 amount, bytes32 purpose);
    event DividendDeclared(address indexed currency, uint256 perMember, uint256 members);
    event DividendClaimed(MemberId indexed member, address indexed currency, address to, uint256 amount);

    error Community_TooMuch(address currency, uint256 amount, uint256 left);
    error Community_NothingToShare(address currency, uint256 amount, uint256 members);
    error Community_InvalidReceiver(address to);

    // By decision

    function spend(address currency, address to, uint256 amount, bytes32 purpose) external;
    /// @notice Shares `amount` equally among all who had a vote a second ago and have not left; what does not divide stays.
    function declareDividend(address currency, uint256 amount) external;

    /// @notice Pays a member's dividends to the member's account; to the last one of who has left. Anyone may call.
    function claim(MemberId member, address currency) external returns (uint256 paid);

    function free(address currency) external view returns (uint256);
    function setAside(address currency) external view returns (uint256);
    /// @notice What decisions may still take before the present 30 days are over.
    function left(address currency) external view returns (uint256);
    function claimable(MemberId member, address currency) external view returns (uint256);
}
