// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Votes} from "@openzeppelin/contracts/governance/utils/Votes.sol";
import {IERC6372} from "@openzeppelin/contracts/interfaces/IERC6372.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {SignedForms} from "../shared/SignedForms.sol";
import {AcceptCode, Code, Member, MemberClass, MemberId, NO_MEMBER, hashAcceptCode} from "../types/Membership.sol";

/// @dev Who is a member under which code, and the token that stands for it: minted, burnt, moved by `recover`, and never else.
abstract contract MemberBook is IMembership, ERC721, Votes, SignedForms, AccessManaged {
    using Checkpoints for Checkpoints.Trace208;

    uint256 public constant CODE_GRACE = 30 days;
    bytes4 private constant ERC5192 = 0xb45a3c0e;

    uint64 internal _count;
    uint32 private _codeVersion;
    mapping(uint32 version => Code) private _codes;
    mapping(address account => MemberId) internal _ids;
    mapping(MemberId => Member) internal _members;
    mapping(address account => bool) internal _barred;
    Checkpoints.Trace208 private _sharers;

    // Joining

    /// @inheritdoc IMembership
    function join(bytes32 codeHash) external returns (MemberId) {
        _requireCurrent(codeHash);
        return _join(msg.sender);
    }

    /// @inheritdoc IMembership
    function joinSigned(AcceptCode calldata form, bytes calldata signature) external returns (MemberId) {
        _requireCurrent(form.codeHash);
        _consumeForm(form.member, hashAcceptCode(form), form.nonce, form.deadline, signature);
        return _join(form.member);
    }

    /// @inheritdoc IMembership
    function acceptCode(bytes32 codeHash) external {
        MemberId id = _known(msg.sender);
        _requireCurrent(codeHash);
        _accept(id);
    }

    /// @inheritdoc IMembership
    function acceptCodeSigned(AcceptCode calldata form, bytes calldata signature) external {
        _requireCurrent(form.codeHash);
        _consumeForm(form.member, hashAcceptCode(form), form.nonce, form.deadline, signature);
        _accept(_known(form.member));
    }

    /// @inheritdoc IMembership
    function setCode(bytes32 hash, string calldata uri) external restricted {
        _setCode(hash, uri);
    }

    // Views

    /// @inheritdoc IMembership
    function memberOf(address account) external view returns (MemberId) {
        return _ids[account];
    }

    /// @inheritdoc IMembership
    function get(MemberId member) external view returns (Member memory) {
        return _members[member];
    }

    /// @inheritdoc IMembership
    function memberCount() external view returns (uint64 ever) {
        return _count;
    }

    /// @inheritdoc IMembership
    function code() external view returns (uint32 version, Code memory) {
        return (_codeVersion, _codes[_codeVersion]);
    }

    /// @inheritdoc IMembership
    function codeAt(uint32 version) external view returns (Code memory) {
        return _codes[version];
    }

    /// @inheritdoc IMembership
    function hasVote(address account) external view returns (bool) {
        return _getVotingUnits(account) == 1;
    }

    /// @inheritdoc IMembership
    function refusal(address account, MemberClass class) public view returns (bytes32 reason) {
        MemberId id = _ids[account];
        if (id == NO_MEMBER) return "not a member";
        Member storage member = _members[id];
        if (block.timestamp < member.suspendedUntil) return "suspended";
        if (!_keepsCode(member)) return "code of conduct not accepted";
        if ((member.classes >> uint8(class)) & 1 == 0) return "not of this class";
    }

    /// @inheritdoc IMembership
    function tradesOf(address account) external view returns (uint8) {
        return _members[_ids[account]].trades;
    }

    /// @inheritdoc IMembership
    function sharersAt(uint256 timepoint) external view returns (uint256) {
        return _sharers.upperLookupRecent(_validateTimepoint(timepoint));
    }

    /// @inheritdoc IMembership
    function locked(uint256 tokenId) external view returns (bool) {
        _requireOwned(tokenId);
        return true;
    }

    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == ERC5192 || super.supportsInterface(interfaceId);
    }

    /// @dev Seconds: whatever the blocks of a chain do, a month is a month.
    function clock() public view override(Votes, IERC6372) returns (uint48) {
        return uint48(block.timestamp);
    }

    function CLOCK_MODE() public pure override(Votes, IERC6372) returns (string memory) {
        return "mode=timestamp";
    }

    // One member, one vote, nobody else's

    function delegate(address) public view override(Votes, IVotes) {
        revert Membership_VoteStaysWithMember(msg.sender);
    }

    function delegateBySig(address, uint256, uint256, uint8, bytes32, bytes32) public view override(Votes, IVotes) {
        revert Membership_VoteStaysWithMember(msg.sender);
    }

    // Internals

    function _join(address account) internal returns (MemberId id) {
        if (_barred[account]) revert Membership_Barred(account);
        if (_ids[account] != NO_MEMBER) revert Membership_AlreadyMember(account, _ids[account]);
        id = MemberId.wrap(++_count);
        _ids[account] = id;
        Member storage member = _members[id];
        (member.joinedAt, member.holder, member.classes) = (uint40(block.timestamp), account, 1);
        emit Joined(account, id);
        _accept(id);
        _mint(account, MemberId.unwrap(id));
        emit Locked(MemberId.unwrap(id));
    }

    function _accept(MemberId id) internal {
        _members[id].codeVersion = _codeVersion;
        emit CodeAccepted(id, _codeVersion, _codes[_codeVersion].hash);
    }

    function _setCode(bytes32 hash, string memory uri) internal {
        if (hash == 0) revert Membership_EmptyCode();
        _codes[++_codeVersion] = Code(hash, uint40(block.timestamp), uri);
        emit CodeChanged(_codeVersion, hash, uri);
    }

    function _requireCurrent(bytes32 codeHash) internal view {
        bytes32 current = _codes[_codeVersion].hash;
        if (codeHash != current) revert Membership_OtherCode(codeHash, current);
    }

    /// @dev Grace runs from the first code that was not accepted, so a string of new ones gives no more time.
    function _keepsCode(Member storage member) internal view returns (bool) {
        uint32 accepted = member.codeVersion;
        return accepted == _codeVersion || block.timestamp < _codes[accepted + 1].since + CODE_GRACE;
    }

    function _known(address account) internal view returns (MemberId id) {
        id = _ids[account];
        if (id == NO_MEMBER) revert Membership_NotMember(account);
    }

    /// @dev The caller's vote is in force and it keeps the code: what vouching, sponsoring, objecting and accusing ask for.
    function _voter() internal view returns (MemberId id) {
        id = _known(msg.sender);
        if (!_votes(_members[id])) revert Membership_NoVote(msg.sender);
        if (!_keepsCode(_members[id])) revert Membership_CodeNotAccepted(id, _codeVersion);
    }

    function _votes(Member storage member) internal view returns (bool) {
        return member.votingSince != 0 && member.votingUntil == 0 && member.suspendedUntil == 0;
    }

    function _giveVote(MemberId id) internal {
        Member storage member = _members[id];
        // Its units are none yet, so the vote is delegated to the member itself before there is one.
        _delegate(member.holder, member.holder);
        member.votingSince = uint40(block.timestamp);
        _transferVotingUnits(address(0), member.holder, 1);
        _count208(true);
        emit VoteBegan(id);
    }

    /// @dev Money goes on: what was shared out before is still claimed under the member's number.
    function _leave(MemberId id) internal {
        Member storage member = _members[id];
        address account = member.holder;
        if (member.votingSince != 0) {
            if (_votes(member)) _transferVotingUnits(account, address(0), 1);
            member.votingUntil = uint40(block.timestamp);
            _count208(false);
            emit VoteEnded(id);
        }
        (member.isGone, member.classes, member.trades) = (true, 0, 0);
        _ids[account] = NO_MEMBER;
        _burn(MemberId.unwrap(id));
    }

    function _count208(bool more) private {
        uint208 now_ = _sharers.latest();
        _sharers.push(clock(), more ? now_ + 1 : now_ - 1);
    }

    function _getVotingUnits(address account) internal view override returns (uint256) {
        return _votes(_members[_ids[account]]) ? 1 : 0;
    }

    /// @dev What a holder or an operator asks for comes with `auth`; minting, burning and recovery come without.
    function _update(address to, uint256 tokenId, address auth) internal override returns (address) {
        if (auth != address(0)) revert Membership_Soulbound(tokenId);
        return super._update(to, tokenId, auth);
    }

    function _approve(address to, uint256 tokenId, address auth, bool emitEvent) internal override {
        if (to != address(0)) revert Membership_Soulbound(tokenId);
        super._approve(to, tokenId, auth, emitEvent);
    }

    function _setApprovalForAll(address, address, bool) internal pure override {
        revert Membership_Soulbound(0);
    }
}
