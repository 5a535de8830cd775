// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IBuybackGuarantees} from "../interfaces/IBuybackGuarantees.sol";
import {ICoFinancing} from "../interfaces/ICoFinancing.sol";
import {IComponents} from "../interfaces/IComponents.sol";
import {IFeeSplitter} from "../interfaces/IFeeSplitter.sol";
import {IMeterRegistry} from "../interfaces/IMeterRegistry.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {IRoundBallots} from "../interfaces/IRoundBallots.sol";
import {IRoundBook} from "../interfaces/IRoundBook.sol";
import {IRoundCollateral} from "../interfaces/IRoundCollateral.sol";
import {ITitleAuction} from "../interfaces/ITitleAuction.sol";
import {AuctionId, NO_ROUND, RoundId} from "../types/Financing.sol";
import {AssetId} from "../types/Identifiers.sol";

/// The contracts of this platform that a round's collateral has to do with; all fixed at deployment.
struct Platform {
    IPrepaidAccounts accounts;
    IAssetRegistry assets;
    IFeeSplitter splitter;
    IMeterRegistry meters;
    IComponents components;
    address market;
    IBuybackGuarantees guarantees;
    IRoundBook book;
    ICoFinancing rounds;
    IRoundBallots ballots;
    ITitleAuction auctions;
}

/// @title What RoundCollateral remembers of each asset.
abstract contract CollateralStore is IRoundCollateral {
    /// One asset of a round.
    struct Pledge {
        uint48 odometer; // at the start
        uint8 unsold; // auctions without a bid
        AuctionId auction; // the running one
    }

    /// What an exercise left open between a guarantor and a round.
    struct Claim {
        RoundId round;
        uint80 uncollected; // owed, or paid and not taken to the round yet
    }

    IPrepaidAccounts internal immutable ACCOUNTS;
    IAssetRegistry internal immutable ASSETS;
    IFeeSplitter internal immutable SPLITTER;
    IMeterRegistry internal immutable METERS;
    IComponents internal immutable COMPONENTS;
    address internal immutable MARKET;
    IBuybackGuarantees internal immutable GUARANTEES;
    IRoundBook internal immutable BOOK;
    ICoFinancing internal immutable ROUNDS;
    IRoundBallots internal immutable BALLOTS;
    ITitleAuction internal immutable AUCTIONS;

    /// @inheritdoc IRoundCollateral
    mapping(AssetId => RoundId) public roundOf;
    /// @inheritdoc IRoundCollateral
    mapping(RoundId => uint8) public unsettledOf;
    mapping(RoundId => mapping(AssetId => Pledge)) internal _pledges;
    mapping(uint256 guarantee => Claim) internal _claims;

    constructor(Platform memory platform) {
        ACCOUNTS = platform.accounts;
        ASSETS = platform.assets;
        SPLITTER = platform.splitter;
        METERS = platform.meters;
        COMPONENTS = platform.components;
        MARKET = platform.market;
        GUARANTEES = platform.guarantees;
        BOOK = platform.book;
        ROUNDS = platform.rounds;
        BALLOTS = platform.ballots;
        AUCTIONS = platform.auctions;
    }

    function _checkCaller(address needed) internal view {
        if (msg.sender != needed) revert Financing_NotPlatform(msg.sender, needed);
    }

    /// @dev The asset is out of its round, and free of the lien.
    function _free(AssetId asset) internal {
        roundOf[asset] = NO_ROUND;
        if (ASSETS.lienholderOf(asset) == address(this)) ASSETS.releaseLien(asset);
    }
}
