// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFinancingErrors} from "./IFinancingErrors.sol";
import {PlanPoint, RoundAssets, RoundId, RoundTerms, TrancheTerms} from "../types/Financing.sol";
import {AssetId, SplitId} from "../types/Identifiers.sol";

/// @title The published terms of financing rounds: immutable, and pausable for new obligations.
interface IRoundBook is IFinancingErrors {
    event RoundOpened(
        RoundId indexed round,
        address indexed provider,
        SplitId split,
        RoundTerms terms,
        TrancheTerms[] tranches,
        PlanPoint[] plan,
        RoundAssets assets
    );

    /// @notice By the owner of all assets (secured), or by whoever pays an innovation back from the named assets' fees. Creates the
    ///         round's split under RoundCollateral's control: the round, each asset's service reserve and `assets.others` are paid
    ///         from the fees. Pausable.
    function open(
        RoundTerms calldata terms,
        TrancheTerms[] calldata tranches,
        PlanPoint[] calldata plan,
        RoundAssets calldata assets
    ) external returns (RoundId);

    function roundCount() external view returns (uint64);
    function termsOf(RoundId round) external view returns (RoundTerms memory);
    function tranchesOf(RoundId round) external view returns (TrancheTerms[] memory);
    function planOf(RoundId round) external view returns (PlanPoint[] memory);
    /// @notice Seconds from the start to the plan's last point.
    function planEndOf(RoundId round) external view returns (uint256);
    /// @notice Units expected in all by `elapsed` seconds after the start, rounded down.
    function expectedBy(RoundId round, uint256 elapsed) external view returns (uint256);
    /// @notice The last second after the start at which no more than `received` was expected, at most the plan's end.
    function coveredUntil(RoundId round, uint256 received) external view returns (uint256);
    function assetsOf(RoundId round) external view returns (AssetId[] memory);
    /// @return Zero where the asset has none, or is not the round's.
    function guaranteeOf(RoundId round, AssetId asset) external view returns (uint256);
    /// @notice An error where the asset's guarantee could not help this round: another asset's or currency's, over, its window closed
    ///         before a default is possible, or a round that holds no title. Asked at the opening and at the start.
    function checkGuarantee(RoundId round, AssetId asset) external view;

    /// @notice While on, nothing is opened or invested; no exit asks for it.
    function paused() external view returns (bool);
    function pause() external;
    function unpause() external;
}
