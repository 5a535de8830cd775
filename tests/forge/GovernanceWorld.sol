// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {PrepaidAccounts} from "contracts/accounts/PrepaidAccounts.sol";
import {Authority} from "contracts/governance/Authority.sol";
import {CommunityAccount} from "contracts/governance/CommunityAccount.sol";
import {Decisions} from "contracts/governance/Decisions.sol";
import {Guardian} from "contracts/governance/Guardian.sol";
import {Membership} from "contracts/governance/Membership.sol";
import {NetworkGovernor} from "contracts/governance/NetworkGovernor.sol";
import {Timelock} from "contracts/governance/Timelock.sol";
import {IDecisions} from "contracts/interfaces/IDecisions.sol";
import {MicroEuro} from "contracts/mocks/MicroEuro.sol";
import {Directory} from "contracts/registry/Directory.sol";
import {Founder} from "contracts/types/Membership.sol";

interface Vm {
    function prank(address caller) external;
    function warp(uint256 time) external;
    function expectRevert(bytes calldata answer) external;
    function expectPartialRevert(bytes4 selector) external;
    function computeCreateAddress(address deployer, uint256 nonce) external returns (address);
    function getNonce(address account) external returns (uint64);
    function addr(uint256 key) external returns (address);
    function sign(uint256 key, bytes32 digest) external returns (uint8 v, bytes32 r, bytes32 s);
}

/// Four founders, three guardians, a ledger and a directory under the whole of governance, as deployment wires it.
abstract contract GovernanceWorld {
    Vm internal constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    bytes32 internal constant CODE = keccak256("code of conduct, first");
    bytes32 internal constant REASON = keccak256("reason");
    uint64 internal constant GUARDIAN = 1;
    uint64 internal constant LISTING = 2;
    uint64 internal constant DECISIONS = 3;
    uint256 internal constant START = 1_700_000_000;
    uint256 internal constant VOTING_DELAY = 2 days;
    uint256 internal constant VOTING_PERIOD = 7 days;
    uint256 internal constant WAIT = 30 days;

    Authority internal authority;
    PrepaidAccounts internal accounts;
    Directory internal directory;
    MicroEuro internal euro;
    Membership internal membership;
    NetworkGovernor internal governor;
    Timelock internal timelock;
    Guardian internal guardian;
    Decisions internal decisions;
    CommunityAccount internal community;
    address[4] internal founders;
    address[3] internal guardians;

    struct Places {
        address timelock;
        address guardian;
        address decisions;
        address governor;
        address community;
    }

    function setUp() public virtual {
        VM.warp(START);
        authority = new Authority(address(this));
        accounts = new PrepaidAccounts(address(authority));
        directory = new Directory(address(authority));
        euro = new MicroEuro();
        Founder[] memory first = new Founder[](4);
        for (uint256 i = 0; i < 4; ++i) {
            founders[i] = address(uint160(0xF001 + i));
            first[i] = Founder(founders[i], 0, 0, 0);
        }
        membership = new Membership(address(authority), CODE, "ipfs://code", first);
        address[] memory three = new address[](3);
        for (uint256 i = 0; i < 3; ++i) {
            three[i] = guardians[i] = address(uint160(0x6001 + i));
        }
        Places memory at = _places();
        timelock = new Timelock(WAIT, at.governor, at.guardian);
        guardian = new Guardian(address(authority), timelock, at.governor, three, 2);
        decisions = new Decisions(at.timelock, address(membership), _founding(at), _rules(at));
        governor = new NetworkGovernor(
            membership,
            timelock,
            decisions,
            NetworkGovernor.Settings(uint48(VOTING_DELAY), uint32(VOTING_PERIOD), 2 days, 1, 3)
        );
        community = new CommunityAccount(address(authority), accounts, membership);
        _handOver();
        VM.warp(START + 1);
    }

    // A proposal's way

    function _propose(address target, bytes memory payload) internal returns (uint256) {
        return _proposeAs(founders[0], target, payload);
    }

    function _proposeAs(address who, address target, bytes memory payload) internal returns (uint256) {
        VM.prank(who);
        return governor.propose(_list(target), new uint256[](1), _list(payload), "x");
    }

    /// Votes of the first `heads` founders for it, then the end of voting.
    function _vote(uint256 id, uint256 heads) internal {
        VM.warp(block.timestamp + VOTING_DELAY + 1);
        for (uint256 i = 0; i < heads; ++i) {
            VM.prank(founders[i]);
            governor.castVote(id, 1);
        }
        VM.warp(block.timestamp + VOTING_PERIOD + 2 days);
    }

    function _queue(address target, bytes memory payload) internal {
        governor.queue(_list(target), new uint256[](1), _list(payload), keccak256("x"));
    }

    function _execute(address target, bytes memory payload) internal {
        governor.execute(_list(target), new uint256[](1), _list(payload), keccak256("x"));
    }

    function _passed(address target, bytes memory payload) internal {
        _vote(_propose(target, payload), 4);
        _queue(target, payload);
        VM.warp(block.timestamp + WAIT);
    }

    function _decide(address target, bytes memory payload) internal {
        _passed(target, payload);
        _execute(target, payload);
    }

    function _refused(bytes4 selector, address target, bytes memory payload) internal {
        VM.prank(founders[0]);
        VM.expectPartialRevert(selector);
        governor.propose(_list(target), new uint256[](1), _list(payload), "x");
    }

    function _asGuardians(uint256 count, bytes memory payload) internal {
        for (uint256 i = 0; i < count; ++i) {
            VM.prank(guardians[i]);
            _call(address(guardian), payload);
        }
    }

    /// The call with its error, if any, as the caller that was pranked.
    function _call(address target, bytes memory payload) internal {
        (bool done, bytes memory answer) = target.call(payload);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    function _give(address owner, uint256 amount) internal {
        euro.mint(address(this), amount);
        euro.approve(address(accounts), amount);
        accounts.deposit(address(euro), owner, amount);
    }

    function _list(address one) internal pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = one;
    }

    function _list(bytes memory one) internal pure returns (bytes[] memory list) {
        list = new bytes[](1);
        list[0] = one;
    }

    // Founding

    function _places() private returns (Places memory) {
        uint64 nonce = VM.getNonce(address(this));
        address[5] memory at;
        for (uint256 i = 0; i < 5; ++i) {
            at[i] = VM.computeCreateAddress(address(this), nonce + i);
        }
        return Places(at[0], at[1], at[2], at[3], at[4]);
    }

    function _handOver() private {
        authority.grantRole(LISTING, address(this), 0);
        _reach(address(accounts), accounts.admitCurrency.selector, LISTING);
        _reach(address(directory), directory.set.selector, LISTING);
        _reach(address(accounts), accounts.pause.selector, GUARDIAN);
        _reach(address(accounts), accounts.unpause.selector, GUARDIAN);
        accounts.admitCurrency(address(euro));
        bytes4[6] memory ofMembers = [
            membership.setCode.selector,
            membership.giveClass.selector,
            membership.withdrawClass.selector,
            membership.suspend.selector,
            membership.expel.selector,
            membership.recover.selector
        ];
        for (uint256 i = 0; i < 6; ++i) {
            _reach(address(membership), ofMembers[i], DECISIONS);
        }
        _reach(address(community), community.spend.selector, DECISIONS);
        _reach(address(community), community.declareDividend.selector, DECISIONS);
        _reach(address(guardian), guardian.replace.selector, DECISIONS);
        authority.grantRole(GUARDIAN, address(guardian), 0);
        authority.grantRole(LISTING, address(timelock), 0);
        authority.grantRole(DECISIONS, address(timelock), 0);
        authority.grantRole(0, address(timelock), 0);
        authority.renounceRole(LISTING, address(this));
        authority.renounceRole(0, address(this));
    }

    function _reach(address target, bytes4 selector, uint64 role) private {
        bytes4[] memory one = new bytes4[](1);
        one[0] = selector;
        authority.setTargetFunctionRole(target, one, role);
    }

    function _founding(Places memory at) private view returns (address[] memory list) {
        list = new address[](9);
        (list[0], list[1], list[2], list[3]) =
        (address(authority), address(accounts), address(directory), address(membership));
        (list[4], list[5], list[6], list[7], list[8]) =
        (at.timelock, at.guardian, at.decisions, at.governor, at.community);
    }

    function _rules(Places memory at) private view returns (IDecisions.Rule[] memory rules) {
        rules = new IDecisions.Rule[](16);
        rules[0] = _rule(address(accounts), accounts.admitCurrency.selector);
        rules[1] = _rule(address(directory), directory.set.selector);
        rules[2] = _rule(address(membership), membership.setCode.selector);
        rules[3] = _rule(address(membership), membership.giveClass.selector);
        rules[4] = _rule(address(membership), membership.withdrawClass.selector);
        rules[5] = _rule(address(membership), membership.suspend.selector);
        rules[6] = _rule(address(membership), membership.expel.selector);
        rules[7] = _rule(address(membership), membership.recover.selector);
        rules[8] = _rule(at.community, CommunityAccount.spend.selector);
        rules[9] = _rule(at.community, CommunityAccount.declareDividend.selector);
        rules[10] = _rule(at.guardian, Guardian.replace.selector);
        rules[11] = _bounded(at.governor, NetworkGovernor.setQuorum.selector, 3, type(uint208).max);
        rules[12] = _bounded(at.governor, GovernorSettings.setVotingPeriod.selector, 7 days, 30 days);
        rules[13] = _bounded(at.timelock, TimelockController.updateDelay.selector, 30 days, 90 days);
        rules[14] =
            IDecisions.Rule(address(authority), authority.setTargetFunctionRole.selector, new IDecisions.Bound[](2));
        rules[14].bounds[0] = IDecisions.Bound(0, true, 0, 0);
        rules[14].bounds[1] = IDecisions.Bound(2, false, GUARDIAN, LISTING);
        rules[15] = _rule(at.decisions, Decisions.add.selector);
    }

    function _rule(address target, bytes4 selector) private pure returns (IDecisions.Rule memory) {
        return IDecisions.Rule(target, selector, new IDecisions.Bound[](0));
    }

    function _bounded(address target, bytes4 selector, uint256 least, uint256 most)
        private
        pure
        returns (IDecisions.Rule memory rule)
    {
        rule = IDecisions.Rule(target, selector, new IDecisions.Bound[](1));
        rule.bounds[0] = IDecisions.Bound(0, false, least, most);
    }
}
