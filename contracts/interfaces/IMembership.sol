// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC5805} from "@openzeppelin/contracts/interfaces/IERC5805.sol";
import {ISignedForms} from "./ISignedForms.sol";
import {AcceptCode, Code, Member, MemberClass, MemberId, Vouch} from "../types/Membership.sol";

/// @title Who belongs to the platform, as what, and with which vote: soul-bound (ERC-5192), one member one vote (ERC-5805).
/// @notice A membership gives rights on this platform and a vote. It never holds money: nothing here can touch a balance, a hold,
///         a title or a position, and who leaves, is suspended or expelled keeps all of them.
interface IMembership is ISignedForms, IERC5805 {
    event Joined(address indexed account, MemberId indexed member);
    event CodeChanged(uint32 indexed version, bytes32 hash, string uri);
    event CodeAccepted(MemberId indexed member, uint32 indexed version, bytes32 hash);
    event Vouched(MemberId indexed candidate, MemberId indexed by);
    event VoteBegan(MemberId indexed member);
    event VoteEnded(MemberId indexed member);
    event ClassRequested(MemberId indexed member, MemberClass indexed class, uint8 trades, bytes32 certificate);
    event Sponsored(MemberId indexed member, MemberClass indexed class, MemberId indexed by);
    event Objected(MemberId indexed member, MemberClass indexed class, MemberId indexed by, bytes32 reason);
    event ClassGiven(MemberId indexed member, MemberClass indexed class, uint8 trades, bytes32 certificate);
    event ClassEnded(MemberId indexed member, MemberClass indexed class);
    event Resigned(MemberId indexed member);
    event Suspended(MemberId indexed member, uint40 until, bytes32 reason);
    event Reinstated(MemberId indexed member);
    event HearingOpened(MemberId indexed member, MemberId indexed by, bytes32 reason, string uri);
    event HearingAnswered(MemberId indexed member, bytes32 answer, string uri);
    event Expelled(MemberId indexed member, bytes32 reason);
    event RecoveryAsked(MemberId indexed member, address indexed to);
    event RecoveryDenied(MemberId indexed member, address indexed to);
    event Recovered(MemberId indexed member, address indexed from, address indexed to);
    /// @dev ERC-5192.
    event Locked(uint256 tokenId);

    error Membership_Soulbound(uint256 tokenId);
    error Membership_VoteStaysWithMember(address account);
    error Membership_AlreadyMember(address account, MemberId member);
    error Membership_NotMember(address account);
    error Membership_Barred(address account);
    error Membership_OtherCode(bytes32 given, bytes32 current);
    error Membership_CodeNotAccepted(MemberId member, uint32 current);
    error Membership_EmptyCode();
    error Membership_NoVote(address account);
    error Membership_VotesAlready(MemberId member);
    error Membership_VouchedAlready(MemberId candidate, MemberId by);
    error Membership_VouchingTooSoon(MemberId by, uint256 from);
    error Membership_NotVouchedFor(MemberId candidate, uint256 ripe, uint256 needed);
    error Membership_ForOneself(MemberId member);
    error Membership_HasClass(MemberId member, MemberClass class);
    error Membership_HasNoClass(MemberId member, MemberClass class);
    error Membership_NoCertificate(MemberClass class);
    error Membership_NoTrade(MemberClass class);
    error Membership_UnknownTrades(uint8 trades);
    error Membership_NotRequested(MemberId member, MemberClass class);
    error Membership_SponsoredAlready(MemberId member, MemberClass class);
    error Membership_NotSponsored(MemberId member, MemberClass class);
    error Membership_ObjectionPeriodOver(MemberId member, MemberClass class, uint256 until);
    error Membership_ObjectionPeriodRuns(MemberId member, MemberClass class, uint256 until);
    error Membership_NeedsVote(MemberId member, MemberClass class);
    error Membership_IsSuspended(MemberId member, uint40 until);
    error Membership_NotSuspended(MemberId member);
    error Membership_SuspensionTooLong(uint40 until, uint256 most);
    error Membership_HearingOpen(MemberId member, uint40 since);
    error Membership_NotHeard(MemberId member, uint256 from, uint256 until);
    error Membership_RecoveryNotAsked(MemberId member, address to);
    error Membership_RecoveryTooEarly(MemberId member, address to, uint256 from);
    error Membership_NoFounders();

    // Joining

    /// @notice Makes the caller a member, a plain user without a vote. `codeHash` is the current code's: what is accepted.
    function join(bytes32 codeHash) external returns (MemberId);
    /// @notice The same by signature; anyone may carry it.
    function joinSigned(AcceptCode calldata form, bytes calldata signature) external returns (MemberId);
    /// @notice Accepts a code that has changed. Who has not done so 30 days after the change rests, but keeps vote and money.
    function acceptCode(bytes32 codeHash) external;
    function acceptCodeSigned(AcceptCode calldata form, bytes calldata signature) external;

    // The vote

    /// @notice By a voting member, at most once in 30 days, for somebody who has no vote yet.
    function vouch(address candidate) external;
    /// @notice Once two who still vote have vouched for 30 days. Anyone may call.
    function beginVote(address candidate) external;

    // Classes

    /// @notice Asks for a class. A financier has it at once; for others two sponsors and 7 days without objection, or a vote.
    /// @param trades For service providers: bit n stands for OrderKind n.
    /// @param certificate For recyclers: hash of the certificate.
    function requestClass(MemberClass class, uint8 trades, bytes32 certificate) external;
    function sponsor(address applicant, MemberClass class) external;
    /// @notice One objection sends the matter to a vote (`giveClass`).
    function object(address applicant, MemberClass class, bytes32 reason) external;
    /// @notice Once the objection period is over. Anyone may call.
    function takeClass(address applicant, MemberClass class) external;
    function endClass(MemberClass class) external;

    // Leaving, being heard, and lost keys

    function resign() external;
    /// @notice By a voting member. An expulsion may be proposed 14 days later and executed within 180.
    function openHearing(address account, bytes32 reason, string calldata uri) external;
    function answerHearing(bytes32 answer, string calldata uri) external;
    /// @notice Gives the vote back when the suspension is over. Anyone may call.
    function reinstate(address account) external;
    /// @notice By the new address, which accepts the code with it; the old key may deny it, a vote decides after 14 days.
    function askRecovery(MemberId member, bytes32 codeHash) external;
    function denyRecovery(address to) external;

    // By vote

    function setCode(bytes32 hash, string calldata uri) external;
    function giveClass(address account, MemberClass class, uint8 trades, bytes32 certificate) external;
    function withdrawClass(address account, MemberClass class) external;
    function suspend(address account, uint40 until, bytes32 reason) external;
    function expel(address account, bytes32 reason) external;
    function recover(MemberId member, address to) external;

    // Views

    function memberOf(address account) external view returns (MemberId);
    function get(MemberId member) external view returns (Member memory);
    function memberCount() external view returns (uint64 ever);
    function code() external view returns (uint32 version, Code memory);
    function codeAt(uint32 version) external view returns (Code memory);
    function vouchesFor(MemberId candidate) external view returns (Vouch[] memory);
    /// @return reason Zero where the account has the class's rights now, else why not, in ASCII.
    function refusal(address account, MemberClass class) external view returns (bytes32 reason);
    function hasVote(address account) external view returns (bool);
    function tradesOf(address account) external view returns (uint8);
    /// @notice Reverts where an expulsion could not be executed now for want of a hearing.
    function requireHeard(address account) external view;
    /// @notice How many members have had a vote and not left, at a past second; the suspended count. Dividends are by this.
    function sharersAt(uint256 timepoint) external view returns (uint256);
    /// @dev ERC-5192.
    function locked(uint256 tokenId) external view returns (bool);
}
