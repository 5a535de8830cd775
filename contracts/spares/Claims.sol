// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IMeterRegistry} from "../interfaces/IMeterRegistry.sol";
import {ISpareLoans} from "../interfaces/ISpareLoans.sol";
import {ISparePools} from "../interfaces/ISparePools.sol";
import {ISpareStock} from "../interfaces/ISpareStock.sol";
import {IUsageAgreements} from "../interfaces/IUsageAgreements.sol";
import {SignedForms} from "../shared/SignedForms.sol";
import {AssetId} from "../types/Identifiers.sol";
import {Reading, STATE_DOWN, Status} from "../types/MeterForms.sol";
import {Claim, Claimant, ClaimId, ClaimStage, MemberId, NO_CLAIM, NO_MEMBER, PoolId, Turns} from "../types/Spares.sol";

/// @title From a breakdown that the machine has signed to a turn in the queue.
abstract contract Claims is ISpareLoans, SignedForms {
    uint256 private constant CLOCK_TOLERANCE = 120 seconds;

    IAssetRegistry internal immutable ASSETS;
    IMeterRegistry internal immutable METERS;
    IUsageAgreements internal immutable AGREEMENTS;
    ISparePools internal immutable POOLS;
    ISpareStock internal immutable STOCK;

    /// @inheritdoc ISpareLoans
    uint64 public claimCount;
    /// @inheritdoc ISpareLoans
    mapping(AssetId => ClaimId) public latestClaimOf;
    mapping(ClaimId => Claim) internal _claims;
    mapping(PoolId => mapping(uint8 model => mapping(bool behind => ClaimId[]))) private _queues;
    mapping(PoolId => mapping(uint8 model => Turns)) private _turns;

    constructor(
        IAssetRegistry assets,
        IMeterRegistry meters,
        IUsageAgreements agreements,
        ISparePools pools,
        ISpareStock stock
    ) {
        ASSETS = assets;
        METERS = meters;
        AGREEMENTS = agreements;
        POOLS = pools;
        STOCK = stock;
    }

    /// @inheritdoc ISpareLoans
    function claim(MemberId by, Status calldata status, bytes calldata signature) external returns (ClaimId id) {
        id = ClaimId.wrap(++claimCount);
        Claimant memory member = POOLS.takeFee(by, id);
        if (msg.sender != member.account) revert Loans_NotMember(by, msg.sender, member.account);
        _checkOwner(member.asset, member.account);
        if (STOCK.stockOf(member.pool, member.model).total == 0) revert Loans_NoSpares(member.pool, member.model);
        _checkProof(member, status, signature);
        _checkNew(by, member.asset, status.odometer);

        bool isBehind = member.isBehind;
        Claim storage made = _claims[id];
        (made.member, made.pool, made.stage, made.model) = (by, member.pool, ClaimStage.Waiting, member.model);
        (made.isBehind, made.isFeeHeld, made.odometer) = (isBehind, true, status.odometer);
        (made.asset, made.claimedAt) = (member.asset, uint40(block.timestamp));
        latestClaimOf[member.asset] = id;
        _queues[member.pool][member.model][isBehind].push(id);
        emit Claimed(id, member.pool, by, member.asset, member.model, isBehind, status);
    }

    /// @inheritdoc ISpareLoans
    function withdraw(ClaimId id) external {
        Claim storage found = _queued(id);
        _checkAccount(found.member);
        bool wasCalled = found.stage == ClaimStage.Called;
        _endQueued(id, found, ClaimStage.Withdrawn, wasCalled);
    }

    /// @inheritdoc ISpareLoans
    function showUse(ClaimId id, Reading calldata reading, bytes calldata signature) external {
        AssetId asset = _claim(id).asset;
        if (reading.assetId != asset) revert Loans_StatusOfOther(asset, reading.assetId);
        bytes32 digest = AGREEMENTS.digestOfReading(reading);
        if (METERS.signerOf(asset, digest, signature) == address(0)) revert Loans_StatusForged(asset);
        _shown(id, reading.odometer);
    }

    /// @inheritdoc ISpareLoans
    function showUseByStatus(ClaimId id, Status calldata status, bytes calldata signature) external {
        AssetId asset = _claim(id).asset;
        if (status.assetId != asset) revert Loans_StatusOfOther(asset, status.assetId);
        if (!METERS.verifyStatus(status, signature)) revert Loans_StatusForged(asset);
        _shown(id, status.odometer);
    }

    /// @inheritdoc ISpareLoans
    function callOut(PoolId pool, uint8 model) external returns (ClaimId id) {
        id = _takeNext(pool, model);
        if (id == NO_CLAIM) revert Loans_UnknownClaim(id);
        Claim storage found = _claims[id];
        uint40 until = uint40(block.timestamp + POOLS.termsOf(pool).collectTime);
        (found.stage, found.deadline) = (ClaimStage.Called, until);
        emit CalledOut(id, until);
        STOCK.keep(pool, model, true);
    }

    /// @inheritdoc ISpareLoans
    function lapse(ClaimId id) external {
        Claim storage found = _queued(id);
        bool isSold = ASSETS.providerOf(found.asset) != POOLS.memberOf(found.member).account;
        bool isLate = found.stage == ClaimStage.Called && block.timestamp > found.deadline;
        if (!isSold && !isLate) revert Loans_TooEarly(id, found.deadline);
        _endQueued(id, found, ClaimStage.Lapsed, true);
    }

    /// @inheritdoc ISpareLoans
    function passOver(PoolId pool, uint8 model, uint256 most) external {
        Turns storage turns = _turns[pool][model];
        turns.first = _passed(_queues[pool][model][false], turns.first, most);
        turns.behind = _passed(_queues[pool][model][true], turns.behind, most);
        emit PassedOver(pool, model, turns.first, turns.behind);
    }

    // Views

    /// @inheritdoc ISpareLoans
    function claimOf(ClaimId id) external view returns (Claim memory) {
        return _claim(id);
    }

    /// @inheritdoc ISpareLoans
    function openClaimOf(MemberId member) external view returns (ClaimId id) {
        id = latestClaimOf[POOLS.memberOf(member).asset];
        Claim storage found = _claims[id];
        if (found.member != member || !_isOpen(found.stage)) id = NO_CLAIM;
    }

    /// @inheritdoc ISpareLoans
    function queueOf(PoolId pool, uint8 model) external view returns (ClaimId[] memory waiting) {
        Turns storage turns = _turns[pool][model];
        ClaimId[] storage first = _queues[pool][model][false];
        ClaimId[] storage behind = _queues[pool][model][true];
        waiting = new ClaimId[](first.length - turns.first + behind.length - turns.behind);
        uint256 count = _copyWaiting(first, turns.first, waiting, 0);
        count = _copyWaiting(behind, turns.behind, waiting, count);
        assembly ("memory-safe") {
            mstore(waiting, count)
        }
    }

    // Internals: proof

    function _checkOwner(AssetId asset, address account) internal view {
        address owner = ASSETS.providerOf(asset);
        if (owner != account) revert Loans_NotOwnMachine(asset, account, owner);
    }

    function _checkProof(Claimant memory member, Status calldata status, bytes calldata signature) private view {
        AssetId asset = member.asset;
        if (status.assetId != asset) revert Loans_StatusOfOther(asset, status.assetId);
        if (status.state != STATE_DOWN) revert Loans_NotDown(asset, status.state);
        if (uint256(status.time) + member.freshTime < block.timestamp) {
            revert Loans_StatusTooOld(asset, status.time, block.timestamp - member.freshTime);
        }
        if (status.time > block.timestamp + CLOCK_TOLERANCE) {
            revert Loans_StatusAhead(asset, status.time, block.timestamp);
        }
        if (status.time < member.coveredFrom) {
            revert Loans_BrokeWhileWaiting(asset, status.time, member.coveredFrom);
        }
        IMeterRegistry.OdometerState memory last = METERS.odometerOf(asset);
        if (status.odometer < last.odometer || status.time < last.time) {
            revert Loans_StatusOutdated(asset, last.time, last.odometer);
        }
        if (!METERS.verifyStatus(status, signature)) revert Loans_StatusForged(asset);
        uint8 grade = METERS.gradeOf(asset);
        if (grade < member.leastGrade) revert Loans_GradeTooLow(asset, grade, member.leastGrade);
    }

    /// @dev A machine that has not run since is still broken down from the last time: one breakdown, one spare.
    function _checkNew(MemberId by, AssetId asset, uint48 odometer) private view {
        ClaimId last = latestClaimOf[asset];
        if (last == NO_CLAIM) return;
        Claim storage found = _claims[last];
        if (found.stage == ClaimStage.Lent) revert Loans_HoldsSpare(by, last);
        if (_isOpen(found.stage)) revert Loans_AlreadyClaimed(asset, last);
        bool gotSpare = found.stage < ClaimStage.Withdrawn;
        if (odometer < found.odometer || gotSpare && odometer == found.odometer) {
            revert Loans_SameBreakdown(asset, last, found.odometer);
        }
    }

    function _shown(ClaimId id, uint48 odometer) private {
        Claim storage found = _claims[id];
        if (!_isOpen(found.stage)) revert Loans_WrongStage(id, found.stage);
        if (found.hasArrived) revert Loans_AlreadyArrived(id);
        if (odometer <= found.odometer) revert Loans_NoUseShown(id, odometer, found.odometer);
        if (!found.isFeeHeld) revert Loans_UseAlreadyShown(id);
        emit UseShown(id, msg.sender, odometer);
        if (found.stage != ClaimStage.Lent) return _endQueued(id, found, ClaimStage.Cancelled, true);
        if (block.timestamp < found.deadline) found.deadline = uint40(block.timestamp);
        _settleFee(id, found, true);
    }

    // Internals: queue

    function _claim(ClaimId id) internal view returns (Claim storage found) {
        found = _claims[id];
        if (found.member == NO_MEMBER) revert Loans_UnknownClaim(id);
    }

    function _queued(ClaimId id) private view returns (Claim storage found) {
        found = _claim(id);
        if (found.stage != ClaimStage.Waiting && found.stage != ClaimStage.Called) {
            revert Loans_WrongStage(id, found.stage);
        }
    }

    function _isOpen(ClaimStage stage) private pure returns (bool) {
        return stage >= ClaimStage.Waiting && stage <= ClaimStage.Lent;
    }

    function _checkAccount(MemberId by) internal view returns (address account) {
        account = POOLS.memberOf(by).account;
        if (msg.sender != account) revert Loans_NotMember(by, msg.sender, account);
    }

    /// @dev Takes the next claim out of the queue: in order of chain time, those without a recent loan first.
    function _takeNext(PoolId pool, uint8 model) internal returns (ClaimId id) {
        Turns storage turns = _turns[pool][model];
        uint64 index;
        (id, index) = _firstWaiting(_queues[pool][model][false], turns.first);
        turns.first = index;
        if (id != NO_CLAIM) return id;
        (id, index) = _firstWaiting(_queues[pool][model][true], turns.behind);
        turns.behind = index;
    }

    /// @dev Claims that ended while they waited are passed over once and never looked at again.
    /// @return id Zero where nobody waits.
    /// @return index Of the one after it.
    function _firstWaiting(ClaimId[] storage queue, uint64 from) private view returns (ClaimId id, uint64 index) {
        uint256 length = queue.length;
        for (index = from; index < length; ++index) {
            id = queue[index];
            if (_claims[id].stage == ClaimStage.Waiting) return (id, index + 1);
        }
        id = NO_CLAIM;
    }

    function _passed(ClaimId[] storage queue, uint64 from, uint256 most) private view returns (uint64 index) {
        uint256 end = queue.length;
        if (end - from > most) end = from + most;
        for (index = from; index < end; ++index) {
            if (_claims[queue[index]].stage == ClaimStage.Waiting) return index;
        }
    }

    function _copyWaiting(ClaimId[] storage queue, uint256 from, ClaimId[] memory to, uint256 count)
        private
        view
        returns (uint256)
    {
        for (uint256 i = from; i < queue.length; ++i) {
            if (_claims[queue[i]].stage == ClaimStage.Waiting) to[count++] = queue[i];
        }
        return count;
    }

    function _endQueued(ClaimId id, Claim storage found, ClaimStage stage, bool feeLost) private {
        bool wasCalled = found.stage == ClaimStage.Called;
        found.stage = stage;
        emit ClaimEnded(id, stage, feeLost);
        if (wasCalled) STOCK.keep(found.pool, found.model, false);
        _settleFee(id, found, feeLost);
    }

    /// @dev Once: to the credit it came from, or to the pool's cash.
    function _settleFee(ClaimId id, Claim storage found, bool isLost) internal {
        if (!found.isFeeHeld) return;
        found.isFeeHeld = false;
        POOLS.settleFee(found.member, id, true, isLost, false);
    }
}
