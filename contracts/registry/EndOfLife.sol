// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IEndOfLife} from "../interfaces/IEndOfLife.sol";
import {IStepSource} from "../interfaces/IStepSource.sol";
import {IUsageAgreements} from "../interfaces/IUsageAgreements.sol";
import {AssetId, NO_ASSET} from "../types/Identifiers.sol";
import {Fate, NextUse, Recovered} from "../types/NextUse.sol";

/// @title The way back and the next use; see IEndOfLife.
/// @dev Has no authority. Calls only AssetRegistry and UsageAgreements, both fixed at deployment; neither calls a stranger
///      from there (`transferFrom` has no receiver's hook).
contract EndOfLife is IEndOfLife {
    uint256 private constant MOST_MATERIALS = 64;

    IAssetRegistry public immutable assets;
    IUsageAgreements public immutable agreements;

    /// @inheritdoc IEndOfLife
    uint256 public decisionCount;
    mapping(AssetId => TakeBack) private _takeBacks;
    mapping(uint256 id => Decision) private _decisions;
    mapping(AssetId => uint256) private _latest;
    mapping(AssetId => Masses) private _recovered;

    constructor(IAssetRegistry assets_, IUsageAgreements agreements_) {
        assets = assets_;
        agreements = agreements_;
    }

    // Promises

    /// @inheritdoc IEndOfLife
    function promiseTakeBack(AssetId asset, uint40 until, bytes32 termsHash) external {
        _promise(asset, until, termsHash);
    }

    /// @inheritdoc IEndOfLife
    function promiseTakeBacks(AssetId[] calldata many, uint40 until, bytes32 termsHash) external {
        for (uint256 i = 0; i < many.length; ++i) {
            _promise(many[i], until, termsHash);
        }
    }

    /// @inheritdoc IEndOfLife
    function waiveTakeBack(AssetId asset) external {
        _checkTitleOwner(asset);
        if (takeBackBy(asset) == address(0)) revert EndOfLife_NoPromise(asset);
        _takeBacks[asset].waived = true;
        emit TakeBackWaived(asset, msg.sender);
    }

    // Decisions

    /// @inheritdoc IEndOfLife
    function decide(AssetId asset, NextUse use, address taker, bytes32 reasonHash, string calldata uri)
        external
        returns (uint256 id)
    {
        _checkTitleOwner(asset);
        if (use == NextUse.None) revert EndOfLife_NoUse(asset);
        if (reasonHash == bytes32(0)) revert EndOfLife_ReasonMissing(asset);
        _checkFree(asset);
        if (taker == address(0)) taker = takeBackBy(asset);
        if (taker == address(0)) taker = msg.sender;
        id = ++decisionCount;
        _latest[asset] = id;
        _decisions[id] = Decision({
            asset: asset,
            use: use,
            holder: msg.sender,
            decidedAt: uint40(block.timestamp),
            taker: taker,
            reasonHash: reasonHash
        });
        emit NextUseDecided(asset, id, msg.sender, use, taker, reasonHash, uri);
    }

    /// @inheritdoc IEndOfLife
    function acceptTitle(AssetId asset) external {
        (uint256 id, address owner) = _checkAwaited(asset);
        bool approved =
            assets.getApproved(AssetId.unwrap(asset)) == address(this) || assets.isApprovedForAll(owner, address(this));
        if (!approved) revert EndOfLife_TitleNotApproved(asset, owner);
        _decisions[id].holder = msg.sender;
        emit TitleAccepted(asset, id, msg.sender);
        assets.transferFrom(owner, msg.sender, AssetId.unwrap(asset));
    }

    /// @inheritdoc IEndOfLife
    function decline(AssetId asset, bytes32 reasonHash) external {
        (uint256 id,) = _checkAwaited(asset);
        _decisions[id].taker = address(0);
        if (msg.sender == takeBackBy(asset)) _takeBacks[asset].declined = true;
        emit TitleDeclined(asset, id, msg.sender, reasonHash);
    }

    // Recovery

    /// @inheritdoc IEndOfLife
    function recordRecovery(AssetId asset, Recovered[] calldata materials, bytes32 evidenceHash) external {
        _checkTitleOwner(asset);
        uint256 id = _checkStanding(asset);
        NextUse use = _decisions[id].use;
        if (use < NextUse.Harvest) revert EndOfLife_NotRecovery(asset, use);
        if (materials.length == 0 || materials.length > MOST_MATERIALS) {
            revert EndOfLife_MaterialCount(asset, materials.length, MOST_MATERIALS);
        }
        Masses memory sum = _recovered[asset];
        for (uint256 i = 0; i < materials.length; ++i) {
            uint64 grams = materials[i].grams;
            if (grams == 0 || materials[i].material == bytes32(0)) revert EndOfLife_EmptyLine(asset, i);
            Fate fate = materials[i].fate;
            if (fate == Fate.Reused) sum.reused += grams;
            else if (fate == Fate.Recycled) sum.recycled += grams;
            else if (fate == Fate.Energy) sum.energy += grams;
            else sum.lost += grams;
        }
        _recovered[asset] = sum;
        emit MaterialsRecovered(asset, id, msg.sender, materials, evidenceHash);
    }

    // Views

    /// @inheritdoc IEndOfLife
    function takeBackBy(AssetId asset) public view returns (address) {
        TakeBack storage given = _takeBacks[asset];
        bool runs = !given.waived && !given.declined && given.until >= block.timestamp;
        return runs ? given.promisor : address(0);
    }

    /// @inheritdoc IEndOfLife
    function takeBackOf(AssetId asset) external view returns (TakeBack memory) {
        return _takeBacks[asset];
    }

    /// @inheritdoc IEndOfLife
    function decision(uint256 id) external view returns (Decision memory) {
        return _decisions[id];
    }

    /// @inheritdoc IEndOfLife
    function standingDecisionOf(AssetId asset) public view returns (uint256 id) {
        id = _latest[asset];
        if (id != 0 && _decisions[id].holder != assets.providerOf(asset)) id = 0;
    }

    /// @inheritdoc IEndOfLife
    function mayRetire(AssetId asset) external view returns (bool) {
        Decision storage standing = _decisions[standingDecisionOf(asset)];
        return standing.use >= NextUse.Repurpose && standing.taker == standing.holder;
    }

    /// @inheritdoc IEndOfLife
    function recoveredOf(AssetId asset) external view returns (Masses memory) {
        return _recovered[asset];
    }

    /// @inheritdoc IStepSource
    function isStepFor(AssetId asset, uint256 id) external view returns (bool) {
        return id != 0 && id == standingDecisionOf(asset) && _decisions[id].use > NextUse.ReuseElsewhere;
    }

    // Internals

    function _promise(AssetId asset, uint40 until, bytes32 termsHash) private {
        address maker = assets.registrantOf(asset);
        if (msg.sender != maker) revert EndOfLife_NotMaker(asset, msg.sender, maker);
        if (until <= block.timestamp) revert EndOfLife_InPast(asset, until, block.timestamp);
        if (takeBackBy(asset) != address(0)) {
            TakeBack storage running = _takeBacks[asset];
            if (until < running.until) revert EndOfLife_PromiseShortened(asset, until, running.until);
            if (termsHash != running.termsHash) revert EndOfLife_TermsChanged(asset, termsHash, running.termsHash);
        }
        _takeBacks[asset] =
            TakeBack({promisor: msg.sender, until: until, waived: false, declined: false, termsHash: termsHash});
        emit TakeBackPromised(asset, msg.sender, until, termsHash);
    }

    function _checkTitleOwner(AssetId asset) private view {
        address owner = assets.providerOf(asset);
        if (msg.sender != owner) revert EndOfLife_NotTitleOwner(asset, msg.sender, owner);
    }

    function _checkFree(AssetId asset) private view {
        AssetId parent = assets.parentOf(asset);
        if (parent != NO_ASSET) revert EndOfLife_IsPart(asset, parent);
        address lienholder = assets.lienholderOf(asset);
        if (lienholder != address(0)) revert EndOfLife_UnderLien(asset, lienholder);
        uint256 open = agreements.openAgreementsOf(asset);
        if (open != 0) revert EndOfLife_OpenAgreements(asset, open);
    }

    function _checkStanding(AssetId asset) private view returns (uint256 id) {
        id = standingDecisionOf(asset);
        if (id == 0) revert EndOfLife_NothingDecided(asset);
    }

    /// @dev The caller is the taker whose acceptance a standing decision awaits.
    function _checkAwaited(AssetId asset) private view returns (uint256 id, address owner) {
        id = _checkStanding(asset);
        owner = _decisions[id].holder;
        address taker = _decisions[id].taker;
        if (msg.sender != taker || taker == owner) revert EndOfLife_NotTaker(asset, msg.sender, taker);
    }
}
