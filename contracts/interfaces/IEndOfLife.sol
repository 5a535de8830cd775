// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStepSource} from "./IStepSource.sol";
import {AssetId} from "../types/Identifiers.sol";
import {NextUse, Recovered} from "../types/NextUse.sol";

/// @title The way back and the next use: promises to take machines back, decisions about them, and what was recovered.
/// @notice A decision stands while the title is with who took it, or with the taker who accepted it. It is a step at which parts
///         may be taken out (all but reuse elsewhere).
interface IEndOfLife is IStepSource {
    struct TakeBack {
        address promisor;
        uint40 until;
        bool waived; // by a title owner
        bool declined; // by the promisor, when it was asked
        bytes32 termsHash;
    }

    struct Decision {
        AssetId asset;
        NextUse use;
        address holder; // who decided; once accepted, the taker
        uint40 decidedAt;
        address taker; // the holder where the machine stays or has been accepted; zero once declined
        bytes32 reasonHash;
    }

    struct Masses {
        uint64 reused;
        uint64 recycled;
        uint64 energy;
        uint64 lost;
    }

    event TakeBackPromised(AssetId indexed asset, address indexed promisor, uint40 until, bytes32 termsHash);
    event TakeBackWaived(AssetId indexed asset, address indexed by);
    event NextUseDecided(
        AssetId indexed asset,
        uint256 indexed decision,
        address indexed by,
        NextUse use,
        address taker,
        bytes32 reasonHash,
        string uri
    );
    event TitleAccepted(AssetId indexed asset, uint256 indexed decision, address indexed taker);
    event TitleDeclined(AssetId indexed asset, uint256 indexed decision, address indexed taker, bytes32 reasonHash);
    event MaterialsRecovered(
        AssetId indexed asset, uint256 indexed decision, address indexed by, Recovered[] materials, bytes32 evidenceHash
    );

    error EndOfLife_NotMaker(AssetId asset, address caller, address maker);
    error EndOfLife_InPast(AssetId asset, uint40 until, uint256 now_);
    error EndOfLife_PromiseShortened(AssetId asset, uint40 until, uint40 promisedUntil);
    error EndOfLife_TermsChanged(AssetId asset, bytes32 termsHash, bytes32 promised);
    error EndOfLife_NoPromise(AssetId asset);
    error EndOfLife_NotTitleOwner(AssetId asset, address caller, address owner);
    error EndOfLife_NoUse(AssetId asset);
    error EndOfLife_ReasonMissing(AssetId asset);
    error EndOfLife_IsPart(AssetId asset, AssetId parent);
    error EndOfLife_UnderLien(AssetId asset, address lienholder);
    error EndOfLife_OpenAgreements(AssetId asset, uint256 count);
    error EndOfLife_NothingDecided(AssetId asset);
    error EndOfLife_NotTaker(AssetId asset, address caller, address taker);
    error EndOfLife_TitleNotApproved(AssetId asset, address owner);
    error EndOfLife_NotRecovery(AssetId asset, NextUse use);
    error EndOfLife_MaterialCount(AssetId asset, uint256 count, uint256 most);
    error EndOfLife_EmptyLine(AssetId asset, uint256 line);

    /// @notice The maker, or who declared the machine in its stead, promises to take it back until then. While a promise runs
    ///         it can only be made longer, under the same terms. `promiseTakeBacks`: one promise for many assets.
    function promiseTakeBack(AssetId asset, uint40 until, bytes32 termsHash) external;
    function promiseTakeBacks(AssetId[] calldata assets, uint40 until, bytes32 termsHash) external;
    /// @notice The title owner frees the maker of its promise; the default policy then refuses to offer the asset.
    function waiveTakeBack(AssetId asset) external;

    /// @notice The title owner decides, with a reason and evidence; an earlier decision is replaced. The asset is no part, has no
    ///         open agreements and no lien. `taker` zero: who promised to take the asset back, and where nobody has (or it was
    ///         waived or declined), the owner itself.
    /// @return id Its number.
    function decide(AssetId asset, NextUse use, address taker, bytes32 reasonHash, string calldata uri)
        external
        returns (uint256 id);
    /// @notice The taker accepts the title, which the owner has approved this contract for (ERC-721).
    function acceptTitle(AssetId asset) external;
    /// @notice The taker refuses; the owner decides anew. A maker that declines has broken its promise, for all to see.
    function decline(AssetId asset, bytes32 reasonHash) external;
    /// @notice The title owner under a decision of harvest, recycle or dispose; the masses add up over calls.
    function recordRecovery(AssetId asset, Recovered[] calldata materials, bytes32 evidenceHash) external;

    /// @return Who owes a take-back now; zero where nobody does.
    function takeBackBy(AssetId asset) external view returns (address);
    function takeBackOf(AssetId asset) external view returns (TakeBack memory);
    function decisionCount() external view returns (uint256);
    function decision(uint256 id) external view returns (Decision memory);
    /// @return The number of the asset's standing decision, or zero.
    function standingDecisionOf(AssetId asset) external view returns (uint256);
    /// @return Whether a standing decision of repurpose, harvest, recycle or dispose says so and nobody's acceptance is awaited.
    function mayRetire(AssetId asset) external view returns (bool);
    /// @return In grams, by fate.
    function recoveredOf(AssetId asset) external view returns (Masses memory);
}
