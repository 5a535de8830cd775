// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IGuardian} from "../interfaces/IGuardian.sol";
import {IPausable} from "../interfaces/IPausable.sol";

contract Guardian is IGuardian, AccessManaged {
    uint256 public constant PAUSE = 14 days; // as the contracts themselves count: shared/SelfEndingPause
    uint256 public constant REST = 30 days;
    uint256 public constant YEAR = 365 days;
    uint256 public constant AGREED_FOR = 7 days;
    uint256 private constant FEWEST = 3;
    uint256 private constant MOST = 9;

    struct Poll {
        uint40 since;
        uint16 agreed; // bit n: guardian n of the present set
    }

    TimelockController public immutable timelock;
    address public immutable governor;

    address[] private _guardians;
    uint8 private _quorum;
    uint40 private _lastPause;
    uint40 private _pauseBefore;
    uint256 private _set; // each new set begins without old agreements
    mapping(bytes32 action => Poll) private _polls;

    constructor(
        address authority,
        TimelockController timelock_,
        address governor_,
        address[] memory guardians_,
        uint8 quorum
    ) AccessManaged(authority) {
        (timelock, governor) = (timelock_, governor_);
        _replace(guardians_, quorum);
    }

    /// @inheritdoc IGuardian
    function pause(address[] calldata targets) external {
        uint256 from = pausableFrom();
        if (block.timestamp < from) revert Guardian_PauseTooSoon(from);
        if (!_agree()) return;
        (_pauseBefore, _lastPause) = (_lastPause, uint40(block.timestamp));
        for (uint256 i = 0; i < targets.length; ++i) {
            IPausable(targets[i]).pause();
        }
        emit Paused(targets, block.timestamp + PAUSE);
    }

    /// @inheritdoc IGuardian
    function lift(address[] calldata targets) external {
        if (!_agree()) return;
        for (uint256 i = 0; i < targets.length; ++i) {
            IPausable(targets[i]).unpause();
        }
        emit Lifted(targets);
    }

    /// @inheritdoc IGuardian
    function cancel(
        address[] calldata targets,
        uint256[] calldata values,
        bytes[] calldata payloads,
        bytes32 descriptionHash
    ) external {
        bytes32 salt = bytes20(governor) ^ descriptionHash; // as GovernorTimelockControl makes it
        bytes32 operation = timelock.hashOperationBatch(targets, values, payloads, 0, salt);
        for (uint256 i = 0; i < targets.length; ++i) {
            if (targets[i] == address(this)) revert Guardian_AboutItself(operation);
        }
        if (!_agree()) return;
        emit Cancelled(operation);
        timelock.cancel(operation);
    }

    /// @inheritdoc IGuardian
    function replace(address[] calldata guardians_, uint8 quorum) external restricted {
        _replace(guardians_, quorum);
    }

    /// @inheritdoc IGuardian
    function guardians() external view returns (address[] memory, uint8 quorum) {
        return (_guardians, _quorum);
    }

    /// @inheritdoc IGuardian
    function pausableFrom() public view returns (uint256 from) {
        if (_lastPause != 0) from = _lastPause + PAUSE + REST;
        if (_pauseBefore != 0 && _pauseBefore + YEAR > from) from = _pauseBefore + YEAR;
    }

    // Internals

    /// @dev True for the call that completes the quorum: the same call with the same arguments, by each.
    function _agree() private returns (bool isComplete) {
        uint256 place = _placeOf(msg.sender);
        bytes32 action = keccak256(abi.encode(_set, msg.data));
        Poll storage poll = _polls[action];
        if (block.timestamp > poll.since + AGREED_FOR) (poll.since, poll.agreed) = (uint40(block.timestamp), 0);
        if ((poll.agreed >> place) & 1 == 1) revert Guardian_AgreedAlready(action, msg.sender);
        poll.agreed |= uint16(2 ** place);
        uint256 agreed;
        for (uint256 bits = poll.agreed; bits != 0; bits >>= 1) {
            agreed += bits & 1;
        }
        emit Agreed(action, msg.sender, agreed);
        if (agreed < _quorum) return false;
        delete _polls[action];
        return true;
    }

    function _placeOf(address caller) private view returns (uint256 place) {
        uint256 count = _guardians.length;
        for (; place < count; ++place) {
            if (_guardians[place] == caller) return place;
        }
        revert Guardian_NotGuardian(caller);
    }

    function _replace(address[] memory guardians_, uint8 quorum) private {
        uint256 count = guardians_.length;
        bool isBad = count < FEWEST || count > MOST || quorum * 2 <= count || quorum > count;
        for (uint256 i = 0; i < count; ++i) {
            for (uint256 j = 0; j < i; ++j) {
                isBad = isBad || guardians_[i] == guardians_[j];
            }
        }
        if (isBad) revert Guardian_BadSet(count, quorum);
        (_guardians, _quorum) = (guardians_, quorum);
        ++_set;
        emit Replaced(guardians_, quorum);
    }
}
