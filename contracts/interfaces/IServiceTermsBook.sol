// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetId} from "../types/Identifiers.sol";
import {CoreGrade, ServiceTerms, ServiceTermsId} from "../types/Service.sol";

/// @title Immutable terms of service, and which of them an asset's provider uses.
/// @notice An order keeps the terms it was opened under: its arbiters never change. What a provider chose lapses with its title.
interface IServiceTermsBook {
    event ServiceTermsPublished(
        ServiceTermsId indexed terms,
        address indexed publisher,
        ServiceTerms content,
        uint80[4] corePrices,
        address[] arbiters
    );
    event ServiceTermsChosen(AssetId indexed asset, ServiceTermsId indexed terms, address indexed provider);
    event WatcherAppointed(AssetId indexed asset, address indexed watcher, address indexed provider, bool on);

    error Terms_Unknown(ServiceTermsId terms);
    error Terms_CurrencyNotAdmitted(address currency);
    error Terms_ZeroTermsHash();
    error Terms_ShareTooHigh(uint16 bps);
    error Terms_TimeOutOfRange(bytes32 which, uint32 time, uint32 least, uint32 most);
    error Terms_ArbitersOutOfRange(uint256 count, uint256 least, uint256 most);
    error Terms_QuorumOutOfRange(uint8 quorum, uint256 arbiters);
    error Terms_InvalidArbiter(address arbiter);
    error Terms_DuplicateArbiter(address arbiter);
    error Terms_NotProvider(AssetId asset, address caller, address provider);
    error Terms_NotChosen(AssetId asset);
    error Terms_ArbiterIsProvider(AssetId asset, address provider);

    // Anyone

    /// @param corePrices What a machine that comes back is worth, for grades A to D.
    function publish(ServiceTerms calldata content, uint80[4] calldata corePrices, address[] calldata arbiters)
        external
        returns (ServiceTermsId);

    // Provider

    /// @notice Orders on `asset` are opened under `terms` from now on.
    function choose(AssetId asset, ServiceTermsId terms) external;
    /// @notice A watcher (an oracle) may open orders when what it measures says so. Lapses with the title.
    function appointWatcher(AssetId asset, address watcher, bool on) external;

    // Views

    function termsCount() external view returns (uint32);
    function termsOf(ServiceTermsId terms) external view returns (ServiceTerms memory);
    function currencyOf(ServiceTermsId terms) external view returns (address);
    /// @notice Reverts where the present provider has chosen none.
    function chosenBy(AssetId asset) external view returns (ServiceTermsId);
    function isWatcher(AssetId asset, address account) external view returns (bool);
    function corePriceOf(ServiceTermsId terms, CoreGrade grade) external view returns (uint80);
    function arbitersOf(ServiceTermsId terms) external view returns (address[] memory);
    function isArbiter(ServiceTermsId terms, address account) external view returns (bool);
}
