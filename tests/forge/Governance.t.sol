// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {NetworkGovernor} from "contracts/governance/NetworkGovernor.sol";
import {Timelock} from "contracts/governance/Timelock.sol";
import {IDecisions} from "contracts/interfaces/IDecisions.sol";
import {IGuardian} from "contracts/interfaces/IGuardian.sol";
import {SelfEndingPause} from "contracts/shared/SelfEndingPause.sol";
import {GovernanceWorld} from "./GovernanceWorld.sol";

/// Proposals, the list of what they may do, the guardian: what is refused, and by which error.
contract GovernanceTest is GovernanceWorld {
    bytes4 private constant WRONG_STATE = IGovernor.GovernorUnexpectedProposalState.selector;
    address private constant STRANGER = address(0x5);
    uint256 private constant EUR = 1_000_000;

    function _quorumTo(uint208 heads) private view returns (bytes memory) {
        return abi.encodeCall(governor.setQuorum, (heads));
    }

    function _pauseAccounts() private view returns (bytes memory) {
        return abi.encodeCall(guardian.pause, (_list(address(accounts))));
    }

    // Decisions

    function test_AProposalPassesWithItsQuorumAndIsExecutedOnceInItsTime() external {
        bytes memory payload = _quorumTo(4);
        uint256 id = _propose(address(governor), payload);
        VM.expectPartialRevert(WRONG_STATE);
        governor.castVote(id, 1);
        _vote(id, 3);
        VM.expectPartialRevert(WRONG_STATE);
        governor.execute(_list(address(governor)), new uint256[](1), _list(payload), keccak256("x"));
        _queue(address(governor), payload);
        VM.warp(block.timestamp + WAIT - 1);
        VM.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
        governor.execute(_list(address(governor)), new uint256[](1), _list(payload), keccak256("x"));
        VM.warp(block.timestamp + 1);
        _execute(address(governor), payload);
        assert(governor.quorum(block.timestamp) == 4);
        VM.expectPartialRevert(WRONG_STATE);
        governor.execute(_list(address(governor)), new uint256[](1), _list(payload), keccak256("x"));
        VM.expectPartialRevert(WRONG_STATE);
        governor.queue(_list(address(governor)), new uint256[](1), _list(payload), keccak256("x"));
    }

    function test_WithoutItsQuorumNothingPasses() external {
        uint256 id = _propose(address(governor), _quorumTo(4));
        _vote(id, 2);
        assert(governor.state(id) == IGovernor.ProposalState.Defeated);
    }

    /// Members leave: the quorum stays, so what few remain decide nothing; a set quorum is within reach.
    function test_TheQuorumStaysWhileMembersLeave() external {
        VM.prank(founders[2]);
        membership.resign();
        VM.prank(founders[3]);
        membership.resign();
        VM.warp(block.timestamp + 1);
        uint256 id = _propose(address(governor), _quorumTo(3));
        _vote(id, 2);
        assert(governor.state(id) == IGovernor.ProposalState.Defeated);
    }

    function test_AQuorumOutOfReachIsRefused() external {
        bytes memory payload = _quorumTo(5);
        _passed(address(governor), payload);
        VM.expectRevert(abi.encodeWithSelector(NetworkGovernor.Governor_QuorumOutOfReach.selector, 5, 3, 4));
        governor.execute(_list(address(governor)), new uint256[](1), _list(payload), keccak256("x"));
    }

    /// Q-25: who votes at the snapshot counts, in every second around it.
    function test_Q25_WhoCameAfterTheSnapshotDoesNotCount() external {
        VM.prank(STRANGER);
        membership.join(CODE);
        for (uint256 i = 0; i < 2; ++i) {
            VM.prank(founders[i]);
            membership.vouch(STRANGER);
        }
        uint256 ripe = block.timestamp + 30 days;
        VM.warp(ripe - VOTING_DELAY - 1);
        uint256 before = _propose(address(governor), _quorumTo(3));
        VM.warp(ripe - VOTING_DELAY + 1);
        uint256 afterwards = _propose(address(governor), _quorumTo(4));
        VM.warp(ripe);
        membership.beginVote(STRANGER);
        VM.warp(ripe + 2);
        VM.prank(STRANGER);
        governor.castVote(before, 1);
        VM.prank(STRANGER);
        governor.castVote(afterwards, 1);
        (, uint256 none,) = governor.proposalVotes(before);
        (, uint256 one,) = governor.proposalVotes(afterwards);
        assert(none == 0 && one == 1);
    }

    /// A quorum reached in the last second gives the others two more days.
    function test_ALateQuorumExtendsTheVote() external {
        uint256 id = _propose(address(governor), _quorumTo(4));
        uint256 ends = governor.proposalDeadline(id);
        VM.warp(ends);
        for (uint256 i = 0; i < 3; ++i) {
            VM.prank(founders[i]);
            governor.castVote(id, 1);
        }
        assert(governor.proposalDeadline(id) == ends + 2 days);
        VM.warp(ends + 1);
        assert(governor.state(id) == IGovernor.ProposalState.Active);
    }

    function test_WhatIsNotOnTheListIsRefusedWhenItIsProposed() external {
        bytes4 unlisted = IDecisions.Decisions_NotListed.selector;
        _refused(unlisted, address(accounts), abi.encodeCall(accounts.pause, ()));
        _refused(unlisted, address(accounts), abi.encodeCall(accounts.withdraw, (address(euro), 1, STRANGER)));
        _refused(unlisted, address(authority), abi.encodeCall(authority.grantRole, (0, STRANGER, 0)));
        _refused(unlisted, address(timelock), abi.encodeCall(timelock.grantRole, (bytes32(0), STRANGER)));
        _refused(unlisted, address(governor), abi.encodeCall(governor.relay, (STRANGER, 0, "")));
        _refused(
            unlisted,
            address(governor),
            abi.encodeCall(governor.updateTimelock, (TimelockController(payable(STRANGER))))
        );
        _refused(unlisted, STRANGER, hex"12345678");
        _refused(IDecisions.Decisions_TooShort.selector, STRANGER, hex"1234");
        _refused(
            IDecisions.Decisions_TooShort.selector,
            address(timelock),
            abi.encodePacked(TimelockController.updateDelay.selector, uint128(1))
        );
        uint256[] memory values = new uint256[](1);
        values[0] = 1;
        VM.prank(founders[0]);
        VM.expectRevert(abi.encodeWithSelector(IDecisions.Decisions_ValueSent.selector, 0, 1));
        governor.propose(_list(address(governor)), values, _list(_quorumTo(3)), "x");
    }

    function test_WhatExceedsItsBoundsIsRefusedWhenItIsProposed() external {
        bytes4 beyond = IDecisions.Decisions_OutOfBounds.selector;
        _refused(beyond, address(timelock), abi.encodeCall(timelock.updateDelay, (30 days - 1)));
        _refused(beyond, address(timelock), abi.encodeCall(timelock.updateDelay, (90 days + 1)));
        _refused(beyond, address(governor), abi.encodeCall(GovernorSettings.setVotingPeriod, (7 days - 1)));
        _refused(beyond, address(governor), _quorumTo(2));
        bytes4[] memory one = new bytes4[](1);
        bytes4 founding = IDecisions.Decisions_Founding.selector;
        _refused(founding, address(authority), _roleTo(address(accounts), one, LISTING));
        _refused(beyond, address(authority), _roleTo(STRANGER, one, 0));
        _refused(beyond, address(authority), _roleTo(STRANGER, one, DECISIONS));
        _propose(address(authority), _roleTo(STRANGER, one, GUARDIAN));
    }

    function _roleTo(address target, bytes4[] memory selectors, uint64 role) private view returns (bytes memory) {
        return abi.encodeCall(authority.setTargetFunctionRole, (target, selectors, role));
    }

    /// The list grows by decision, for contracts that came later, and never for a founding one.
    function test_TheListGrowsForNewContractsOnly() external {
        IDecisions.Rule memory rule = IDecisions.Rule(STRANGER, hex"12345678", new IDecisions.Bound[](0));
        VM.expectRevert(abi.encodeWithSelector(IDecisions.Decisions_NotDecided.selector, address(this)));
        decisions.add(rule);
        uint256 had = decisions.rules().length;
        _decide(address(decisions), abi.encodeCall(decisions.add, (rule)));
        assert(decisions.rules().length == had + 1);
        _propose(STRANGER, hex"12345678");
        rule.target = address(accounts);
        bytes memory payload = abi.encodeCall(decisions.add, (rule));
        _passed(address(decisions), payload);
        VM.expectRevert(abi.encodeWithSelector(IDecisions.Decisions_Founding.selector, address(accounts)));
        governor.execute(_list(address(decisions)), new uint256[](1), _list(payload), keccak256("x"));
    }

    function test_TheTimelockWaitsAtLeastAMonth() external {
        VM.expectRevert(abi.encodeWithSelector(Timelock.Timelock_TooShort.selector, 30 days - 1, 30 days));
        new Timelock(30 days - 1, address(governor), address(guardian));
    }

    /// Nobody but the governor proposes to the timelock, and nobody but the timelock has what it may call.
    function test_ThereIsNoWayAroundTheGovernor() external {
        bytes4 denied = bytes4(keccak256("AccessControlUnauthorizedAccount(address,bytes32)"));
        for (uint256 i = 0; i < 3; ++i) {
            address who = [founders[0], guardians[0], STRANGER][i];
            VM.prank(who);
            VM.expectPartialRevert(denied);
            timelock.schedule(STRANGER, 0, "", 0, 0, WAIT);
            VM.prank(who);
            VM.expectPartialRevert(denied);
            timelock.execute(STRANGER, 0, "", 0, 0);
            VM.prank(who);
            VM.expectPartialRevert(IAccessManaged.AccessManagedUnauthorized.selector);
            membership.expel(founders[3], REASON);
            VM.prank(who);
            VM.expectPartialRevert(IAccessManaged.AccessManagedUnauthorized.selector);
            accounts.pause();
        }
        VM.expectPartialRevert(IGovernor.GovernorOnlyExecutor.selector);
        governor.setQuorum(3);
    }

    // The guardian

    function test_APauseEndsByItselfAndReachesNoExit() external {
        _give(STRANGER, 5 * EUR);
        _asGuardians(1, _pauseAccounts());
        assert(!accounts.paused());
        VM.prank(guardians[1]);
        _call(address(guardian), _pauseAccounts());
        assert(accounts.paused());
        euro.mint(address(this), EUR);
        euro.approve(address(accounts), EUR);
        VM.expectRevert(abi.encodeWithSelector(SelfEndingPause.EnforcedPause.selector));
        accounts.deposit(address(euro), STRANGER, EUR);
        VM.prank(STRANGER);
        accounts.withdraw(address(euro), 5 * EUR, STRANGER);
        VM.warp(block.timestamp + 14 days - 1);
        assert(accounts.paused());
        VM.warp(block.timestamp + 1);
        assert(!accounts.paused());
        accounts.deposit(address(euro), STRANGER, EUR);
    }

    function test_TheGuardianLiftsAPauseEarlier() external {
        _asGuardians(2, _pauseAccounts());
        _asGuardians(2, abi.encodeCall(guardian.lift, (_list(address(accounts)))));
        assert(!accounts.paused());
    }

    /// Two in any 365 days, 30 days free between, whatever it tries.
    function test_PausesAreNotChained() external {
        uint256 first = block.timestamp;
        _asGuardians(2, _pauseAccounts());
        VM.warp(first + 44 days - 1);
        VM.prank(guardians[0]);
        VM.expectRevert(abi.encodeWithSelector(IGuardian.Guardian_PauseTooSoon.selector, first + 44 days));
        guardian.pause(_list(address(accounts)));
        VM.warp(first + 44 days);
        _asGuardians(2, _pauseAccounts());
        VM.warp(first + 365 days - 1);
        VM.prank(guardians[0]);
        VM.expectRevert(abi.encodeWithSelector(IGuardian.Guardian_PauseTooSoon.selector, first + 365 days));
        guardian.pause(_list(address(accounts)));
        VM.warp(first + 365 days);
        _asGuardians(2, _pauseAccounts());
        assert(guardian.pausableFrom() == first + 44 days + 365 days);
    }

    function test_OneGuardianIsNoQuorumAndOldWordsLapse() external {
        VM.expectRevert(abi.encodeWithSelector(IGuardian.Guardian_NotGuardian.selector, address(this)));
        guardian.pause(_list(address(accounts)));
        _asGuardians(1, _pauseAccounts());
        VM.prank(guardians[0]);
        VM.expectPartialRevert(IGuardian.Guardian_AgreedAlready.selector);
        guardian.pause(_list(address(accounts)));
        VM.warp(block.timestamp + 7 days + 1);
        VM.prank(guardians[1]);
        guardian.pause(_list(address(accounts)));
        assert(!accounts.paused());
    }

    function test_TheGuardianCancelsAQueuedProposalButNoneAboutItself() external {
        bytes memory payload = _quorumTo(4);
        uint256 id = _propose(address(governor), payload);
        _vote(id, 4);
        _queue(address(governor), payload);
        bytes memory cancel = abi.encodeCall(
            guardian.cancel, (_list(address(governor)), new uint256[](1), _list(payload), keccak256("x"))
        );
        _asGuardians(2, cancel);
        assert(governor.state(id) == IGovernor.ProposalState.Canceled);

        address[] memory others = new address[](3);
        (others[0], others[1], others[2]) = (address(7), address(8), address(9));
        payload = abi.encodeCall(guardian.replace, (others, 2));
        _passed(address(guardian), payload);
        VM.prank(guardians[0]);
        VM.expectPartialRevert(IGuardian.Guardian_AboutItself.selector);
        guardian.cancel(_list(address(guardian)), new uint256[](1), _list(payload), keccak256("x"));
        _execute(address(guardian), payload);
        VM.prank(guardians[0]);
        VM.expectRevert(abi.encodeWithSelector(IGuardian.Guardian_NotGuardian.selector, guardians[0]));
        guardian.pause(_list(address(accounts)));
        others[2] = address(8);
        payload = abi.encodeCall(guardian.replace, (others, 2));
        _passed(address(guardian), payload);
        VM.expectRevert(abi.encodeWithSelector(IGuardian.Guardian_BadSet.selector, 3, 2));
        governor.execute(_list(address(guardian)), new uint256[](1), _list(payload), keccak256("x"));
    }

    // Who has all votes

    function _spend(uint256 amount) private view returns (bytes memory) {
        return abi.encodeCall(community.spend, (address(euro), STRANGER, amount, REASON));
    }

    /// V3, Q-26: all votes, and every listed call to hand: what is in other people's accounts stays there to the unit, the
    /// timelock can call nothing else, and of the community's money a quarter goes in 30 days.
    function test_Q26_WhoHasAllVotesTakesNobodysMoney() external {
        _give(founders[3], 40 * EUR);
        _give(address(community), 100 * EUR);
        bytes memory deposit = abi.encodeCall(accounts.transferFrom, (founders[3], STRANGER, uint160(address(euro)), 1));
        _refused(IDecisions.Decisions_NotListed.selector, address(accounts), deposit);
        VM.prank(address(timelock));
        VM.expectPartialRevert(bytes4(keccak256("ERC6909InsufficientAllowance(address,uint256,uint256,uint256)")));
        accounts.transferFrom(founders[3], STRANGER, uint160(address(euro)), 1);
        _decide(address(community), _spend(25 * EUR));
        VM.prank(founders[0]);
        membership.openHearing(founders[3], REASON, "");
        VM.warp(block.timestamp + 14 days);
        _decide(address(membership), abi.encodeCall(membership.expel, (founders[3], REASON)));
        VM.prank(founders[3]);
        accounts.withdraw(address(euro), 40 * EUR, founders[3]);
        assert(euro.balanceOf(founders[3]) == 40 * EUR);
        assert(accounts.balanceOf(STRANGER, uint160(address(euro))) == 25 * EUR);
    }

    function test_TheDeployerEndsWithNothing() external view {
        for (uint64 role = 0; role < 4; ++role) {
            (bool has,) = authority.hasRole(role, address(this));
            assert(!has);
        }
        assert(!timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(this)));
        assert(!timelock.hasRole(timelock.PROPOSER_ROLE(), address(this)));
    }
}
