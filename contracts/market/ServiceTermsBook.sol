// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {IServiceTermsBook} from "../interfaces/IServiceTermsBook.sol";
import {AssetId} from "../types/Identifiers.sol";
import {CoreGrade, NO_SERVICE_TERMS, ServiceTerms, ServiceTermsId} from "../types/Service.sol";

/// @title Published terms of service; see IServiceTermsBook.
/// @dev Anyone publishes; terms bind nobody until a provider chooses them and a worker bids under them.
contract ServiceTermsBook is IServiceTermsBook {
    struct Choice {
        ServiceTermsId terms;
        uint32 titleEpoch;
    }

    uint16 private constant ALL_BPS = 10_000;
    uint256 private constant MOST_ARBITERS = 7;
    /// Long enough to read a notice, short enough that no order blocks a machine, or its buyback, for long.
    uint32 private constant SHORTEST = 1 hours;
    uint32 private constant LONGEST = 30 days;

    IPrepaidAccounts private immutable ACCOUNTS;
    IAssetRegistry private immutable ASSETS;

    /// @inheritdoc IServiceTermsBook
    uint32 public termsCount;
    /// @inheritdoc IServiceTermsBook
    mapping(ServiceTermsId => mapping(address => bool)) public isArbiter;
    mapping(ServiceTermsId => ServiceTerms) private _terms;
    mapping(ServiceTermsId => uint80[4]) private _corePrices;
    mapping(ServiceTermsId => address[]) private _arbiters;
    mapping(AssetId => Choice) private _choices;
    mapping(AssetId => mapping(uint32 titleEpoch => mapping(address => bool))) private _watchers;

    constructor(IPrepaidAccounts accounts, IAssetRegistry assets) {
        ACCOUNTS = accounts;
        ASSETS = assets;
    }

    /// @inheritdoc IServiceTermsBook
    function publish(ServiceTerms calldata content, uint80[4] calldata corePrices, address[] calldata arbiters)
        external
        returns (ServiceTermsId terms)
    {
        if (!ACCOUNTS.isAdmitted(content.currency)) revert Terms_CurrencyNotAdmitted(content.currency);
        if (content.termsHash == 0) revert Terms_ZeroTermsHash();
        if (content.silentShareBps > ALL_BPS) revert Terms_ShareTooHigh(content.silentShareBps);
        _checkTimes(content);

        terms = ServiceTermsId.wrap(++termsCount);
        _terms[terms] = content;
        _corePrices[terms] = corePrices;
        _appointArbiters(terms, arbiters, content.quorum);
        emit ServiceTermsPublished(terms, msg.sender, content, corePrices, arbiters);
    }

    /// @inheritdoc IServiceTermsBook
    function choose(AssetId asset, ServiceTermsId terms) external {
        _checkProvider(asset);
        _checkKnown(terms);
        if (isArbiter[terms][msg.sender]) revert Terms_ArbiterIsProvider(asset, msg.sender);
        _choices[asset] = Choice({terms: terms, titleEpoch: ASSETS.titleEpochOf(asset)});
        emit ServiceTermsChosen(asset, terms, msg.sender);
    }

    /// @inheritdoc IServiceTermsBook
    function appointWatcher(AssetId asset, address watcher, bool on) external {
        _checkProvider(asset);
        _watchers[asset][ASSETS.titleEpochOf(asset)][watcher] = on;
        emit WatcherAppointed(asset, watcher, msg.sender, on);
    }

    /// @inheritdoc IServiceTermsBook
    function termsOf(ServiceTermsId terms) external view returns (ServiceTerms memory) {
        _checkKnown(terms);
        return _terms[terms];
    }

    /// @inheritdoc IServiceTermsBook
    function currencyOf(ServiceTermsId terms) external view returns (address) {
        _checkKnown(terms);
        return _terms[terms].currency;
    }

    /// @inheritdoc IServiceTermsBook
    function corePriceOf(ServiceTermsId terms, CoreGrade grade) external view returns (uint80) {
        _checkKnown(terms);
        return grade == CoreGrade.None ? 0 : _corePrices[terms][uint256(grade) - 1];
    }

    /// @inheritdoc IServiceTermsBook
    function arbitersOf(ServiceTermsId terms) external view returns (address[] memory) {
        return _arbiters[terms];
    }

    /// @inheritdoc IServiceTermsBook
    function chosenBy(AssetId asset) external view returns (ServiceTermsId) {
        Choice memory choice = _choices[asset];
        if (choice.terms == NO_SERVICE_TERMS || choice.titleEpoch != ASSETS.titleEpochOf(asset)) {
            revert Terms_NotChosen(asset);
        }
        return choice.terms;
    }

    /// @inheritdoc IServiceTermsBook
    function isWatcher(AssetId asset, address account) external view returns (bool) {
        return _watchers[asset][ASSETS.titleEpochOf(asset)][account];
    }

    function _checkTimes(ServiceTerms calldata content) private pure {
        _checkTime("shortest bidding", content.shortestBidding, 1);
        _checkTime("acceptance", content.acceptanceTime, SHORTEST);
        _checkTime("grace", content.graceTime, 1);
        _checkTime("inspection", content.inspectionTime, SHORTEST);
        _checkTime("arbitration", content.arbitrationTime, SHORTEST);
    }

    function _checkTime(bytes32 which, uint32 time, uint32 least) private pure {
        if (time < least || time > LONGEST) revert Terms_TimeOutOfRange(which, time, least, LONGEST);
    }

    function _appointArbiters(ServiceTermsId terms, address[] calldata arbiters, uint8 quorum) private {
        if (arbiters.length == 0 || arbiters.length > MOST_ARBITERS) {
            revert Terms_ArbitersOutOfRange(arbiters.length, 1, MOST_ARBITERS);
        }
        // More than half, so that two rulings never both have it.
        if (uint256(quorum) * 2 <= arbiters.length || quorum > arbiters.length) {
            revert Terms_QuorumOutOfRange(quorum, arbiters.length);
        }
        for (uint256 i = 0; i < arbiters.length; ++i) {
            if (arbiters[i] == address(0)) revert Terms_InvalidArbiter(arbiters[i]);
            if (isArbiter[terms][arbiters[i]]) revert Terms_DuplicateArbiter(arbiters[i]);
            isArbiter[terms][arbiters[i]] = true;
        }
        _arbiters[terms] = arbiters;
    }

    function _checkKnown(ServiceTermsId terms) private view {
        if (terms == NO_SERVICE_TERMS || ServiceTermsId.unwrap(terms) > termsCount) revert Terms_Unknown(terms);
    }

    function _checkProvider(AssetId asset) private view {
        address provider = ASSETS.providerOf(asset);
        if (msg.sender != provider) revert Terms_NotProvider(asset, msg.sender, provider);
    }
}
