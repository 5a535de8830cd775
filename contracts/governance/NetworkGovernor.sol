// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorPreventLateQuorum} from "@openzeppelin/contracts/governance/extensions/GovernorPreventLateQuorum.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorTimelockControl} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {IDecisions} from "../interfaces/IDecisions.sol";
import {IMembership} from "../interfaces/IMembership.sol";

/// @title Members decide: one member one vote, a quorum in heads, more for than against, then the timelock.
/// @notice What may be decided at all is the list of `decisions`; anything else is refused when it is proposed.
contract NetworkGovernor is
    GovernorSettings,
    GovernorCountingSimple,
    GovernorVotes,
    GovernorPreventLateQuorum,
    GovernorTimelockControl
{
    using Checkpoints for Checkpoints.Trace208;

    struct Settings {
        uint48 delay;
        uint32 period;
        uint48 extension;
        uint256 threshold;
        uint208 quorum;
    }

    uint256 public constant FEWEST = 3;

    IDecisions public immutable decisions;
    Checkpoints.Trace208 private _quorums;

    event QuorumSet(uint256 quorum);

    error Governor_QuorumOutOfReach(uint256 quorum, uint256 least, uint256 most);

    constructor(IMembership members, TimelockController timelock_, IDecisions decisions_, Settings memory settings)
        Governor("CISE")
        GovernorSettings(settings.delay, settings.period, settings.threshold)
        GovernorVotes(members)
        GovernorPreventLateQuorum(settings.extension)
        GovernorTimelockControl(timelock_)
    {
        decisions = decisions_;
        if (settings.quorum < FEWEST) revert Governor_QuorumOutOfReach(settings.quorum, FEWEST, type(uint208).max);
        _setQuorum(settings.quorum);
    }

    /// @notice Heads for or abstaining. It never falls by itself: where too many have left, nothing is decided any more, and the
    ///         platform runs on as it is.
    function quorum(uint256 timepoint) public view override returns (uint256) {
        return _quorums.upperLookupRecent(uint48(timepoint));
    }

    /// @notice By decision; at most as many as voted a second ago, or nothing could be decided afterwards. Votes under way keep theirs.
    function setQuorum(uint208 heads) external onlyGovernance {
        uint256 most = token().getPastTotalSupply(clock() - 1);
        if (heads < FEWEST || heads > most) revert Governor_QuorumOutOfReach(heads, FEWEST, most);
        _setQuorum(heads);
    }

    // Internals

    function _propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description,
        address proposer
    ) internal override returns (uint256) {
        // The lengths are checked below, and a list that is too short would be read past its end here.
        if (targets.length == values.length && targets.length == calldatas.length) {
            decisions.check(targets, values, calldatas);
        }
        return super._propose(targets, values, calldatas, description, proposer);
    }

    function _setQuorum(uint208 heads) private {
        _quorums.push(clock(), heads);
        emit QuorumSet(heads);
    }

    // What several of OpenZeppelin's parts have an answer to

    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }

    function proposalDeadline(uint256 id) public view override(Governor, GovernorPreventLateQuorum) returns (uint256) {
        return super.proposalDeadline(id);
    }

    function state(uint256 id) public view override(Governor, GovernorTimelockControl) returns (ProposalState) {
        return super.state(id);
    }

    function proposalNeedsQueuing(uint256 id) public view override(Governor, GovernorTimelockControl) returns (bool) {
        return super.proposalNeedsQueuing(id);
    }

    function _tallyUpdated(uint256 id) internal override(Governor, GovernorPreventLateQuorum) {
        super._tallyUpdated(id);
    }

    function _queueOperations(
        uint256 id,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint48) {
        return super._queueOperations(id, targets, values, calldatas, descriptionHash);
    }

    function _executeOperations(
        uint256 id,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) {
        super._executeOperations(id, targets, values, calldatas, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint256) {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }
}
