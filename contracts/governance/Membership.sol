// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {OrderKind} from "../types/Service.sol";
import {Application, Founder, Member, MemberClass, MemberId, NO_MEMBER, Vouch} from "../types/Membership.sol";
import {MemberBook} from "./MemberBook.sol";

/// @dev From a plain user to a vote, to classes that bind others, and out again; see IMembership.
contract Membership is MemberBook {
    uint256 public constant VOUCHES = 2;
    uint256 public constant VOUCH_INTERVAL = 30 days;
    uint256 public constant VOUCH_RIPENS = 30 days;
    uint256 public constant OBJECTION_PERIOD = 7 days;
    uint256 public constant HEARING = 14 days;
    uint256 public constant HEARING_LAPSES = 180 days;
    uint256 public constant LONGEST_SUSPENSION = 90 days;
    uint256 public constant RECOVERY_DELAY = 14 days;
    uint256 private constant TRADES = uint256(type(OrderKind).max) + 1;
    uint40 private constant DENIED = type(uint40).max;

    mapping(MemberId candidate => Vouch[]) private _vouches;
    mapping(MemberId => mapping(MemberClass => Application)) private _applications;
    mapping(MemberId => mapping(address to => uint40 askedAt)) private _recoveries;

    /// @dev Founders accept the first code by founding.
    constructor(address authority, bytes32 codeHash, string memory codeUri, Founder[] memory founders)
        ERC721("CISE membership", "CISE-M")
        AccessManaged(authority)
    {
        if (founders.length == 0) revert Membership_NoFounders();
        _setCode(codeHash, codeUri);
        for (uint256 i = 0; i < founders.length; ++i) {
            Founder memory founder = founders[i];
            MemberId id = _join(founder.account);
            _giveVote(id);
            for (uint8 class = 1; class <= uint8(type(MemberClass).max); ++class) {
                if ((founder.classes >> class) & 1 == 1) {
                    _requireFit(id, MemberClass(class), founder.trades, founder.certificate);
                    _give(id, MemberClass(class), founder.trades, founder.certificate);
                }
            }
        }
    }

    // The vote

    /// @inheritdoc IMembership
    function vouch(address candidate) external {
        MemberId by = _voter();
        MemberId id = _known(candidate);
        if (_members[id].votingSince != 0) revert Membership_VotesAlready(id);
        Vouch[] storage vouches = _vouches[id];
        for (uint256 i = 0; i < vouches.length; ++i) {
            if (vouches[i].by == by) revert Membership_VouchedAlready(id, by);
        }
        Member storage member = _members[by];
        uint256 from = member.vouchedAt == 0 ? 0 : member.vouchedAt + VOUCH_INTERVAL;
        if (block.timestamp < from) revert Membership_VouchingTooSoon(by, from);
        member.vouchedAt = uint40(block.timestamp);
        vouches.push(Vouch(by, uint40(block.timestamp)));
        emit Vouched(id, by);
    }

    /// @inheritdoc IMembership
    function beginVote(address candidate) external {
        MemberId id = _known(candidate);
        Member storage member = _members[id];
        if (member.votingSince != 0) revert Membership_VotesAlready(id);
        if (member.suspendedUntil != 0) revert Membership_IsSuspended(id, member.suspendedUntil);
        if (!_keepsCode(member)) revert Membership_CodeNotAccepted(id, member.codeVersion);
        Vouch[] storage vouches = _vouches[id];
        uint256 ripe;
        for (uint256 i = 0; i < vouches.length; ++i) {
            Vouch memory one = vouches[i];
            if (block.timestamp >= one.since + VOUCH_RIPENS && _votes(_members[one.by])) ++ripe;
        }
        if (ripe < VOUCHES) revert Membership_NotVouchedFor(id, ripe, VOUCHES);
        _giveVote(id);
    }

    // Classes

    /// @inheritdoc IMembership
    function requestClass(MemberClass class, uint8 trades, bytes32 certificate) external {
        MemberId id = _known(msg.sender);
        _requireFit(id, class, trades, certificate);
        emit ClassRequested(id, class, trades, certificate);
        if (class == MemberClass.Financier) return _give(id, class, trades, certificate);
        _applications[id][class] = Application(0, trades, false, NO_MEMBER, certificate, true);
    }

    /// @inheritdoc IMembership
    function sponsor(address applicant, MemberClass class) external {
        MemberId by = _voter();
        (MemberId id, Application storage asked) = _asked(applicant, class);
        if (by == id) revert Membership_ForOneself(id);
        if (asked.sponsoredAt != 0 || asked.firstSponsor == by) revert Membership_SponsoredAlready(id, class);
        if (asked.firstSponsor == NO_MEMBER) asked.firstSponsor = by;
        else asked.sponsoredAt = uint40(block.timestamp);
        emit Sponsored(id, class, by);
    }

    /// @inheritdoc IMembership
    function object(address applicant, MemberClass class, bytes32 reason) external {
        MemberId by = _voter();
        (MemberId id, Application storage asked) = _asked(applicant, class);
        uint256 until = asked.sponsoredAt + OBJECTION_PERIOD;
        if (asked.sponsoredAt != 0 && block.timestamp >= until) {
            revert Membership_ObjectionPeriodOver(id, class, until);
        }
        asked.objected = true;
        emit Objected(id, class, by, reason);
    }

    /// @inheritdoc IMembership
    function takeClass(address applicant, MemberClass class) external {
        (MemberId id, Application storage asked) = _asked(applicant, class);
        if (asked.objected) revert Membership_NeedsVote(id, class);
        if (asked.sponsoredAt == 0) revert Membership_NotSponsored(id, class);
        uint256 until = asked.sponsoredAt + OBJECTION_PERIOD;
        if (block.timestamp < until) revert Membership_ObjectionPeriodRuns(id, class, until);
        _give(id, class, asked.trades, asked.certificate);
    }

    /// @inheritdoc IMembership
    function endClass(MemberClass class) external {
        _end(_known(msg.sender), class);
    }

    /// @inheritdoc IMembership
    function giveClass(address account, MemberClass class, uint8 trades, bytes32 certificate) external restricted {
        MemberId id = _known(account);
        _requireFit(id, class, trades, certificate);
        _give(id, class, trades, certificate);
    }

    /// @inheritdoc IMembership
    function withdrawClass(address account, MemberClass class) external restricted {
        _end(_known(account), class);
    }

    // Leaving

    /// @inheritdoc IMembership
    function resign() external {
        MemberId id = _known(msg.sender);
        emit Resigned(id);
        _leave(id);
    }

    /// @inheritdoc IMembership
    function suspend(address account, uint40 until, bytes32 reason) external restricted {
        MemberId id = _known(account);
        uint256 most = block.timestamp + LONGEST_SUSPENSION;
        if (until > most || until <= block.timestamp) revert Membership_SuspensionTooLong(until, most);
        Member storage member = _members[id];
        if (member.suspendedUntil != 0) revert Membership_IsSuspended(id, member.suspendedUntil);
        if (_votes(member)) _transferVotingUnits(account, address(0), 1);
        member.suspendedUntil = until;
        emit Suspended(id, until, reason);
    }

    /// @inheritdoc IMembership
    function reinstate(address account) external {
        MemberId id = _known(account);
        Member storage member = _members[id];
        if (member.suspendedUntil == 0) revert Membership_NotSuspended(id);
        if (block.timestamp < member.suspendedUntil) revert Membership_IsSuspended(id, member.suspendedUntil);
        member.suspendedUntil = 0;
        if (_votes(member)) _transferVotingUnits(address(0), account, 1);
        emit Reinstated(id);
    }

    /// @inheritdoc IMembership
    function openHearing(address account, bytes32 reason, string calldata uri) external {
        MemberId by = _voter();
        MemberId id = _known(account);
        Member storage member = _members[id];
        uint40 since = member.hearingSince;
        if (since != 0 && block.timestamp <= since + HEARING_LAPSES) revert Membership_HearingOpen(id, since);
        member.hearingSince = uint40(block.timestamp);
        emit HearingOpened(id, by, reason, uri);
    }

    /// @inheritdoc IMembership
    function answerHearing(bytes32 answer, string calldata uri) external {
        MemberId id = _known(msg.sender);
        if (_members[id].hearingSince == 0) revert Membership_NotHeard(id, 0, 0);
        emit HearingAnswered(id, answer, uri);
    }

    /// @inheritdoc IMembership
    function expel(address account, bytes32 reason) external restricted {
        requireHeard(account);
        MemberId id = _known(account);
        _barred[account] = true;
        emit Expelled(id, reason);
        _leave(id);
    }

    // Lost keys

    /// @inheritdoc IMembership
    function askRecovery(MemberId id, bytes32 codeHash) external {
        _requireCurrent(codeHash);
        if (_barred[msg.sender]) revert Membership_Barred(msg.sender);
        if (_ids[msg.sender] != NO_MEMBER) revert Membership_AlreadyMember(msg.sender, _ids[msg.sender]);
        _requireOwned(MemberId.unwrap(id));
        // Who was denied asks from another address.
        if (_recoveries[id][msg.sender] == DENIED) revert Membership_RecoveryNotAsked(id, msg.sender);
        _recoveries[id][msg.sender] = uint40(block.timestamp);
        emit RecoveryAsked(id, msg.sender);
    }

    /// @inheritdoc IMembership
    function denyRecovery(address to) external {
        MemberId id = _known(msg.sender);
        _recoveries[id][to] = DENIED;
        emit RecoveryDenied(id, to);
    }

    /// @inheritdoc IMembership
    function recover(MemberId id, address to) external restricted {
        uint40 askedAt = _recoveries[id][to];
        if (askedAt == 0 || askedAt == DENIED) revert Membership_RecoveryNotAsked(id, to);
        uint256 from = askedAt + RECOVERY_DELAY;
        if (block.timestamp < from) revert Membership_RecoveryTooEarly(id, to, from);
        if (_ids[to] != NO_MEMBER) revert Membership_AlreadyMember(to, _ids[to]);
        if (_barred[to]) revert Membership_Barred(to);
        address old = _requireOwned(MemberId.unwrap(id));
        Member storage member = _members[id];
        if (member.votingSince != 0) {
            _delegate(to, to);
            if (_votes(member)) _transferVotingUnits(old, to, 1);
        }
        _ids[old] = NO_MEMBER;
        (_ids[to], member.holder) = (id, to);
        emit Recovered(id, old, to);
        _accept(id);
        _update(to, MemberId.unwrap(id), address(0));
    }

    // Views

    /// @inheritdoc IMembership
    function vouchesFor(MemberId candidate) external view returns (Vouch[] memory) {
        return _vouches[candidate];
    }

    function applicationOf(MemberId member, MemberClass class) external view returns (Application memory) {
        return _applications[member][class];
    }

    /// @inheritdoc IMembership
    function requireHeard(address account) public view {
        MemberId id = _known(account);
        uint40 since = _members[id].hearingSince;
        (uint256 from, uint256 until) = since == 0 ? (0, 0) : (since + HEARING, since + HEARING_LAPSES);
        if (block.timestamp < from || block.timestamp > until) revert Membership_NotHeard(id, from, until);
    }

    // Internals

    function _asked(address applicant, MemberClass class)
        private
        view
        returns (MemberId id, Application storage asked)
    {
        id = _known(applicant);
        asked = _applications[id][class];
        if (!asked.isOpen) revert Membership_NotRequested(id, class);
    }

    /// @dev A service provider may ask again for other trades; every other class is had once.
    function _requireFit(MemberId id, MemberClass class, uint8 trades, bytes32 certificate) private view {
        bool has = (_members[id].classes >> uint8(class)) & 1 == 1;
        if (has && class != MemberClass.ServiceProvider) revert Membership_HasClass(id, class);
        if (class == MemberClass.Recycler && certificate == 0) revert Membership_NoCertificate(class);
        if (class == MemberClass.ServiceProvider && trades == 0) revert Membership_NoTrade(class);
        if (uint256(trades) >> TRADES != 0) revert Membership_UnknownTrades(trades);
    }

    function _give(MemberId id, MemberClass class, uint8 trades, bytes32 certificate) private {
        Member storage member = _members[id];
        member.classes |= uint8(2 ** uint8(class));
        if (class == MemberClass.ServiceProvider) member.trades = trades;
        if (class == MemberClass.Recycler) member.certificate = certificate;
        delete _applications[id][class];
        emit ClassGiven(id, class, trades, certificate);
    }

    function _end(MemberId id, MemberClass class) private {
        Member storage member = _members[id];
        uint8 bit = uint8(2 ** uint8(class));
        if (class == MemberClass.User || member.classes & bit == 0) revert Membership_HasNoClass(id, class);
        member.classes &= ~bit;
        if (class == MemberClass.ServiceProvider) member.trades = 0;
        if (class == MemberClass.Recycler) member.certificate = 0;
        emit ClassEnded(id, class);
    }
}
