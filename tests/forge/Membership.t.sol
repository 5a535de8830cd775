// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMembership} from "contracts/interfaces/IMembership.sol";
import {ISignedForms} from "contracts/interfaces/ISignedForms.sol";
import {AcceptCode, Member, MemberClass, MemberId, hashAcceptCode} from "contracts/types/Membership.sol";
import {GovernanceWorld} from "./GovernanceWorld.sol";

/// From joining to a vote and to classes, and out again; what is refused, and by which error.
contract MembershipTest is GovernanceWorld {
    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    uint256 private constant KEY = 0xA11CE;
    uint8 private constant REPAIR = 4;
    address private constant ANNA = address(0xA);
    address private constant BERT = address(0xB);

    function _join(address who) private returns (MemberId) {
        VM.prank(who);
        return membership.join(CODE);
    }

    function _vouch(address who, uint256 by) private {
        VM.prank(founders[by]);
        membership.vouch(who);
    }

    function _member(address who) private view returns (Member memory) {
        return membership.get(membership.memberOf(who));
    }

    function _refusal(address who, MemberClass class) private view returns (bytes32) {
        return membership.refusal(who, class);
    }

    /// A plain user joins alone and has no vote; two vouch, 30 days pass, anyone begins the vote.
    function test_AVoteNeedsTwoWhoVouchAndThirtyDays() external {
        _join(ANNA);
        assert(!membership.hasVote(ANNA) && membership.getVotes(ANNA) == 0);
        assert(_refusal(ANNA, MemberClass.User) == 0);
        _vouch(ANNA, 0);
        VM.warp(block.timestamp + 30 days);
        VM.expectPartialRevert(IMembership.Membership_NotVouchedFor.selector);
        membership.beginVote(ANNA);
        _vouch(ANNA, 1);
        VM.warp(block.timestamp + 30 days - 1);
        VM.expectPartialRevert(IMembership.Membership_NotVouchedFor.selector);
        membership.beginVote(ANNA);
        VM.warp(block.timestamp + 1);
        membership.beginVote(ANNA);
        assert(membership.hasVote(ANNA) && membership.getVotes(ANNA) == 1 && membership.delegates(ANNA) == ANNA);
        VM.expectPartialRevert(IMembership.Membership_VotesAlready.selector);
        membership.beginVote(ANNA);
    }

    function test_WhoVouchesMustStillVoteWhenTheVoteBegins() external {
        _join(ANNA);
        _vouch(ANNA, 0);
        _vouch(ANNA, 1);
        VM.prank(founders[1]);
        membership.resign();
        VM.warp(block.timestamp + 30 days);
        VM.expectPartialRevert(IMembership.Membership_NotVouchedFor.selector);
        membership.beginVote(ANNA);
    }

    /// One a month each: a pair that means harm grows slowly, and everybody sees it.
    function test_VouchingIsLimitedInTime() external {
        _join(ANNA);
        _join(BERT);
        _vouch(ANNA, 0);
        VM.prank(founders[0]);
        VM.expectPartialRevert(IMembership.Membership_VouchedAlready.selector);
        membership.vouch(ANNA);
        VM.prank(founders[0]);
        VM.expectPartialRevert(IMembership.Membership_VouchingTooSoon.selector);
        membership.vouch(BERT);
        VM.warp(block.timestamp + 30 days);
        _vouch(BERT, 0);
        VM.prank(BERT);
        VM.expectRevert(abi.encodeWithSelector(IMembership.Membership_NoVote.selector, BERT));
        membership.vouch(ANNA);
    }

    /// Q-25: thousands who let themselves in weigh nothing.
    function test_Q25_TenThousandSelfJoinedDecideNothing() external {
        uint256 votes = 4;
        for (uint160 i = 1; i <= 10_000; ++i) {
            VM.prank(address(0x100000 + i));
            membership.join(CODE);
        }
        VM.warp(block.timestamp + 60 days);
        assert(membership.getPastTotalSupply(block.timestamp - 1) == votes);
        bytes memory payload = abi.encodeCall(membership.setCode, (REASON, ""));
        VM.prank(address(0x100001));
        VM.expectPartialRevert(bytes4(keccak256("GovernorInsufficientProposerVotes(address,uint256,uint256)")));
        governor.propose(_list(address(membership)), new uint256[](1), _list(payload), "x");
        uint256 id = _propose(address(membership), payload);
        VM.warp(block.timestamp + VOTING_DELAY + 1);
        for (uint160 i = 1; i <= 10; ++i) {
            VM.prank(address(0x100000 + i));
            governor.castVote(id, 1);
        }
        (, uint256 inFavour,) = governor.proposalVotes(id);
        assert(inFavour == 0);
    }

    function test_AMembershipDoesNotMove() external {
        uint256 token = MemberId.unwrap(_join(ANNA));
        assert(membership.locked(token) && membership.supportsInterface(0xb45a3c0e));
        VM.prank(ANNA);
        VM.expectRevert(abi.encodeWithSelector(IMembership.Membership_Soulbound.selector, token));
        membership.transferFrom(ANNA, BERT, token);
        VM.prank(ANNA);
        VM.expectRevert(abi.encodeWithSelector(IMembership.Membership_Soulbound.selector, token));
        membership.approve(BERT, token);
        VM.prank(ANNA);
        VM.expectRevert(abi.encodeWithSelector(IMembership.Membership_Soulbound.selector, 0));
        membership.setApprovalForAll(BERT, true);
        VM.prank(founders[0]);
        VM.expectRevert(abi.encodeWithSelector(IMembership.Membership_VoteStaysWithMember.selector, founders[0]));
        membership.delegate(BERT);
        VM.expectRevert(abi.encodeWithSelector(IMembership.Membership_VoteStaysWithMember.selector, address(this)));
        membership.delegateBySig(BERT, 0, block.timestamp, 27, REASON, REASON);
    }

    function test_NobodyIsAMemberTwice() external {
        MemberId id = _join(ANNA);
        VM.prank(ANNA);
        VM.expectRevert(abi.encodeWithSelector(IMembership.Membership_AlreadyMember.selector, ANNA, id));
        membership.join(CODE);
        VM.prank(BERT);
        VM.expectRevert(abi.encodeWithSelector(IMembership.Membership_OtherCode.selector, REASON, CODE));
        membership.join(REASON);
    }

    /// By signature: once, in time, by the member itself, for this contract and this code.
    function test_ASignatureJoinsOnce() external {
        AcceptCode memory form = AcceptCode(VM.addr(KEY), CODE, 7, uint40(block.timestamp + 1 days));
        bytes memory signature = _sign(KEY, form);
        VM.expectRevert(abi.encodeWithSelector(ISignedForms.Forms_SignatureInvalid.selector, form.member));
        membership.joinSigned(form, _sign(KEY + 1, form));
        membership.joinSigned(form, signature);
        VM.expectRevert(abi.encodeWithSelector(ISignedForms.Forms_NonceUsed.selector, form.member, 7));
        membership.acceptCodeSigned(form, signature);
        VM.prank(form.member);
        membership.resign();
        VM.expectRevert(abi.encodeWithSelector(ISignedForms.Forms_NonceUsed.selector, form.member, 7));
        membership.joinSigned(form, signature);
        form.nonce = 8;
        signature = _sign(KEY, form);
        VM.warp(form.deadline + 1);
        VM.expectPartialRevert(ISignedForms.Forms_Expired.selector);
        membership.joinSigned(form, signature);
    }

    function _sign(uint256 key, AcceptCode memory form) private returns (bytes memory) {
        bytes32 domain =
            keccak256(abi.encode(DOMAIN, keccak256("CISE"), keccak256("1"), block.chainid, address(membership)));
        (uint8 v, bytes32 r, bytes32 s) =
            VM.sign(key, keccak256(abi.encodePacked("\x19\x01", domain, hashAcceptCode(form))));
        return abi.encodePacked(r, s, v);
    }

    // Classes

    function _request(address who, MemberClass class, uint8 trades, bytes32 certificate) private {
        VM.prank(who);
        membership.requestClass(class, trades, certificate);
    }

    function _sponsor(address who, MemberClass class, uint256 by) private {
        VM.prank(founders[by]);
        membership.sponsor(who, class);
    }

    function test_AClassThatBindsOthersNeedsSponsorsAndTimeToObject() external {
        _join(ANNA);
        _request(ANNA, MemberClass.ServiceProvider, REPAIR, 0);
        VM.expectPartialRevert(IMembership.Membership_NotSponsored.selector);
        membership.takeClass(ANNA, MemberClass.ServiceProvider);
        _sponsor(ANNA, MemberClass.ServiceProvider, 0);
        VM.prank(founders[0]);
        VM.expectPartialRevert(IMembership.Membership_SponsoredAlready.selector);
        membership.sponsor(ANNA, MemberClass.ServiceProvider);
        _sponsor(ANNA, MemberClass.ServiceProvider, 1);
        VM.warp(block.timestamp + 7 days - 1);
        VM.expectPartialRevert(IMembership.Membership_ObjectionPeriodRuns.selector);
        membership.takeClass(ANNA, MemberClass.ServiceProvider);
        VM.warp(block.timestamp + 1);
        VM.prank(founders[2]);
        VM.expectPartialRevert(IMembership.Membership_ObjectionPeriodOver.selector);
        membership.object(ANNA, MemberClass.ServiceProvider, REASON);
        membership.takeClass(ANNA, MemberClass.ServiceProvider);
        assert(_refusal(ANNA, MemberClass.ServiceProvider) == 0 && membership.tradesOf(ANNA) == REPAIR);
        VM.prank(ANNA);
        membership.endClass(MemberClass.ServiceProvider);
        assert(_refusal(ANNA, MemberClass.ServiceProvider) == "not of this class" && membership.tradesOf(ANNA) == 0);
    }

    function test_AnObjectionSendsItToAVote() external {
        _join(ANNA);
        _request(ANNA, MemberClass.Provider, 0, 0);
        _sponsor(ANNA, MemberClass.Provider, 0);
        _sponsor(ANNA, MemberClass.Provider, 1);
        VM.prank(founders[2]);
        membership.object(ANNA, MemberClass.Provider, REASON);
        VM.warp(block.timestamp + 8 days);
        VM.expectPartialRevert(IMembership.Membership_NeedsVote.selector);
        membership.takeClass(ANNA, MemberClass.Provider);
        _decide(address(membership), abi.encodeCall(membership.giveClass, (ANNA, MemberClass.Provider, 0, 0)));
        assert(_refusal(ANNA, MemberClass.Provider) == 0);
        _decide(address(membership), abi.encodeCall(membership.withdrawClass, (ANNA, MemberClass.Provider)));
        assert(_refusal(ANNA, MemberClass.Provider) != 0);
    }

    function test_ARequestThatMeansNothingIsRefused() external {
        _join(ANNA);
        VM.prank(ANNA);
        VM.expectRevert(abi.encodeWithSelector(IMembership.Membership_NoCertificate.selector, MemberClass.Recycler));
        membership.requestClass(MemberClass.Recycler, 0, 0);
        VM.prank(ANNA);
        VM.expectRevert(abi.encodeWithSelector(IMembership.Membership_NoTrade.selector, MemberClass.ServiceProvider));
        membership.requestClass(MemberClass.ServiceProvider, 0, 0);
        VM.prank(ANNA);
        VM.expectRevert(abi.encodeWithSelector(IMembership.Membership_UnknownTrades.selector, 128));
        membership.requestClass(MemberClass.ServiceProvider, 128, 0);
        VM.prank(ANNA);
        VM.expectPartialRevert(IMembership.Membership_HasClass.selector);
        membership.requestClass(MemberClass.User, 0, 0);
        _request(ANNA, MemberClass.Financier, 0, 0);
        assert(_refusal(ANNA, MemberClass.Financier) == 0);
        VM.prank(founders[0]);
        VM.expectPartialRevert(IMembership.Membership_NotRequested.selector);
        membership.sponsor(ANNA, MemberClass.Operator);
        VM.prank(BERT);
        VM.expectRevert(abi.encodeWithSelector(IMembership.Membership_NotMember.selector, BERT));
        membership.requestClass(MemberClass.Operator, 0, 0);
        _request(founders[0], MemberClass.Auditor, 0, 0);
        VM.prank(founders[0]);
        VM.expectPartialRevert(IMembership.Membership_ForOneself.selector);
        membership.sponsor(founders[0], MemberClass.Auditor);
    }

    // The code

    /// 30 days to accept a new one, counted from the first that was not accepted; then classes rest, votes and money do not.
    function test_ANewCodeGivesThirtyDays() external {
        _request(founders[0], MemberClass.Financier, 0, 0);
        _decide(address(membership), abi.encodeCall(membership.setCode, (REASON, "ipfs://second")));
        assert(_refusal(founders[0], MemberClass.Financier) == 0);
        VM.warp(block.timestamp + 30 days - 1);
        assert(_refusal(founders[0], MemberClass.Financier) == 0);
        VM.warp(block.timestamp + 1);
        assert(_refusal(founders[0], MemberClass.Financier) == "code of conduct not accepted");
        assert(membership.hasVote(founders[0]));
        _join2(ANNA);
        VM.prank(founders[0]);
        VM.expectPartialRevert(IMembership.Membership_CodeNotAccepted.selector);
        membership.vouch(ANNA);
        VM.prank(founders[0]);
        membership.acceptCode(REASON);
        assert(_refusal(founders[0], MemberClass.Financier) == 0);
        _vouch(ANNA, 0);
    }

    function _join2(address who) private {
        VM.prank(who);
        membership.join(REASON);
    }

    // Out

    function test_WhoResignsLosesTheVoteAndMayJoinAnew() external {
        uint256 before = block.timestamp;
        VM.warp(before + 10);
        VM.prank(founders[3]);
        membership.resign();
        assert(membership.getVotes(founders[3]) == 0 && membership.getPastVotes(founders[3], before) == 1);
        assert(_refusal(founders[3], MemberClass.User) == "not a member");
        VM.prank(founders[3]);
        membership.join(CODE);
        assert(!membership.hasVote(founders[3]) && MemberId.unwrap(membership.memberOf(founders[3])) == 5);
    }

    function test_ASuspensionHasALimitAndEnds() external {
        uint40 until = uint40(block.timestamp + VOTING_DELAY + VOTING_PERIOD + 2 days + WAIT + 40 days);
        bytes memory tooLong = abi.encodeCall(membership.suspend, (founders[3], until + 60 days, REASON));
        _passed(address(membership), tooLong);
        VM.expectPartialRevert(IMembership.Membership_SuspensionTooLong.selector);
        governor.execute(_list(address(membership)), new uint256[](1), _list(tooLong), keccak256("x"));
        until = uint40(block.timestamp + 60 days);
        _decide(address(membership), abi.encodeCall(membership.suspend, (founders[3], until, REASON)));
        assert(!membership.hasVote(founders[3]) && membership.getVotes(founders[3]) == 0);
        assert(_refusal(founders[3], MemberClass.User) == "suspended");
        VM.expectPartialRevert(IMembership.Membership_IsSuspended.selector);
        membership.reinstate(founders[3]);
        VM.warp(until);
        assert(_refusal(founders[3], MemberClass.User) == 0);
        membership.reinstate(founders[3]);
        assert(membership.getVotes(founders[3]) == 1);
        VM.expectPartialRevert(IMembership.Membership_NotSuspended.selector);
        membership.reinstate(founders[3]);
    }

    function test_NobodyIsExpelledUnheard() external {
        bytes memory payload = abi.encodeCall(membership.expel, (founders[3], REASON));
        _refused(IMembership.Membership_NotHeard.selector, address(membership), payload);
        VM.prank(founders[0]);
        membership.openHearing(founders[3], REASON, "ipfs://charge");
        VM.prank(founders[1]);
        VM.expectPartialRevert(IMembership.Membership_HearingOpen.selector);
        membership.openHearing(founders[3], REASON, "");
        VM.warp(block.timestamp + 14 days - 1);
        _refused(IMembership.Membership_NotHeard.selector, address(membership), payload);
        VM.prank(founders[3]);
        membership.answerHearing(REASON, "ipfs://answer");
        VM.warp(block.timestamp + 1);
        _decide(address(membership), payload);
        assert(!membership.hasVote(founders[3]));
        VM.prank(founders[3]);
        VM.expectRevert(abi.encodeWithSelector(IMembership.Membership_Barred.selector, founders[3]));
        membership.join(CODE);
    }

    function test_AHearingLapses() external {
        VM.prank(founders[0]);
        membership.openHearing(founders[3], REASON, "");
        VM.warp(block.timestamp + 180 days + 1);
        VM.expectPartialRevert(IMembership.Membership_NotHeard.selector);
        membership.requireHeard(founders[3]);
    }

    function test_ALostKeyIsReplacedByVoteUnlessTheOldOneObjects() external {
        MemberId id = membership.memberOf(founders[3]);
        bytes memory payload = abi.encodeCall(membership.recover, (id, BERT));
        _passed(address(membership), payload);
        VM.expectPartialRevert(IMembership.Membership_RecoveryNotAsked.selector);
        governor.execute(_list(address(membership)), new uint256[](1), _list(payload), keccak256("x"));
        VM.prank(BERT);
        membership.askRecovery(id, CODE);
        VM.expectPartialRevert(IMembership.Membership_RecoveryTooEarly.selector);
        governor.execute(_list(address(membership)), new uint256[](1), _list(payload), keccak256("x"));
        VM.warp(block.timestamp + 14 days);
        _execute(address(membership), payload);
        assert(membership.ownerOf(MemberId.unwrap(id)) == BERT && membership.memberOf(BERT) == id);
        assert(membership.getVotes(BERT) == 1 && membership.getVotes(founders[3]) == 0);
        VM.prank(ANNA);
        membership.askRecovery(id, CODE);
        VM.prank(BERT);
        membership.denyRecovery(ANNA);
        VM.prank(ANNA);
        VM.expectPartialRevert(IMembership.Membership_RecoveryNotAsked.selector);
        membership.askRecovery(id, CODE);
    }
}
