// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IFeeSplitter} from "../interfaces/IFeeSplitter.sol";
import {ILienholder} from "../interfaces/ILienholder.sol";
import {IRoundCollateral} from "../interfaces/IRoundCollateral.sol";
import {NO_ROUND, Round, RoundId, RoundTerms} from "../types/Financing.sol";
import {AssetId, NO_ASSET, SplitId} from "../types/Identifiers.sol";
import {OrderKind} from "../types/Service.sol";
import {CollateralStore, Platform} from "./CollateralStore.sol";
import {Realising} from "./Realising.sol";

/// @title Liens and splits of rounds; see IRoundCollateral.
/// @dev CollateralStore → Realising: one contract in three files. Has no authority. What CoFinancing calls is not guarded: it comes
///      back from a distribution that a sale here has begun.
contract RoundCollateral is Realising, IERC165 {
    uint256 private constant MILLION = 1e6;
    uint256 private constant MONTH = 30 days;

    /// What orders have drawn from a round's reserves in a period of 30 days, counted from 1970.
    struct Month {
        uint32 period;
        uint88 drawn;
    }

    mapping(RoundId => Month) private _months;

    constructor(Platform memory platform) CollateralStore(platform) {}

    // CoFinancing

    /// @inheritdoc IRoundCollateral
    function pledge(RoundId id, address provider, uint64 split) external {
        _checkCaller(address(ROUNDS));
        bool secured = BOOK.termsOf(id).secured;
        AssetId[] memory assets = BOOK.assetsOf(id);
        for (uint256 i = 0; i < assets.length; ++i) {
            AssetId asset = assets[i];
            if (roundOf[asset] != NO_ROUND) revert Financing_AssetInRound(asset, roundOf[asset]);
            if (SplitId.unwrap(ASSETS.route(asset).split()) != split) {
                revert Financing_AssetNotReady(id, asset, "split");
            }
            if (secured) _checkTitle(id, asset, provider);
            BOOK.checkGuarantee(id, asset);
            uint48 odometer = METERS.odometerOf(asset).odometer;
            roundOf[asset] = id;
            _pledges[id][asset].odometer = odometer;
            emit AssetPledged(id, asset, odometer);
        }
    }

    /// @inheritdoc IRoundCollateral
    function letGo(RoundId id, address provider, uint64 split) external {
        _checkCaller(address(ROUNDS));
        AssetId[] memory assets = BOOK.assetsOf(id);
        for (uint256 i = 0; i < assets.length; ++i) {
            if (roundOf[assets[i]] == id) _free(assets[i]);
        }
        _handBackShare(SplitId.wrap(split), provider);
        // Of an innovation's split this contract keeps the control: the owners of its assets leave it when they like.
        if (BOOK.termsOf(id).secured) SPLITTER.transferControl(SplitId.wrap(split), provider);
    }

    /// @inheritdoc IRoundCollateral
    function foreclose(RoundId id) external {
        _checkCaller(address(ROUNDS));
        if (BOOK.termsOf(id).secured) unsettledOf[id] = uint8(BOOK.assetsOf(id).length);
        BALLOTS.openDefault(id);
    }

    // Owners

    /// @inheritdoc IRoundCollateral
    function release(AssetId asset) external {
        _checkFree(asset);
        ASSETS.releaseLien(asset);
    }

    /// @inheritdoc IRoundCollateral
    function consentToRepoint(AssetId asset, SplitId to) external {
        _checkFree(asset);
        ASSETS.consentToRepoint(asset, to);
    }

    // What a lienholder is asked

    /// @inheritdoc ILienholder
    function checkPermitSigner(AssetId asset, address signer) external view {
        RoundId id = roundOf[asset];
        if (id != NO_ROUND && !BALLOTS.isConsented(id, signer)) revert Financing_ConsentNeeded(id, asset, signer);
    }

    /// @inheritdoc ILienholder
    function useReserve(AssetId asset, OrderKind kind, address worker, address currency, uint256 amount) external {
        _checkCaller(MARKET);
        RoundId id = roundOf[asset];
        if (id == NO_ROUND || BALLOTS.isConsented(id, worker)) return;
        Round memory round = ROUNDS.roundInfo(id);
        // A core is paid out of the reserve later, to whoever the provider says gave the machine.
        if (kind == OrderKind.Collect || _isRelated(round, worker)) revert Financing_ConsentNeeded(id, asset, worker);
        if (currency != round.currency || amount == 0) return;
        Month memory month = _months[id];
        uint32 period = uint32(block.timestamp / MONTH);
        if (month.period != period) (month.period, month.drawn) = (period, 0);
        uint256 left = uint256(BOOK.termsOf(id).monthlyOrders) - month.drawn;
        if (amount > left) revert Financing_MonthlyLimit(id, asset, amount, left);
        month.drawn += uint88(amount);
        _months[id] = month;
        emit ReserveUsed(id, asset, worker, amount, month.drawn);
    }

    // Views

    /// @inheritdoc IRoundCollateral
    function isUsedUnbilled(RoundId id) external view returns (bool) {
        RoundTerms memory terms = BOOK.termsOf(id);
        if (terms.unbilledBps == ALL_BPS) return false;
        AssetId[] memory assets = BOOK.assetsOf(id);
        uint256 grown;
        for (uint256 i = 0; i < assets.length; ++i) {
            grown += METERS.odometerOf(assets[i]).odometer - _pledges[id][assets[i]].odometer;
        }
        uint256 fees = SPLITTER.totalOf(SplitId.wrap(ROUNDS.roundInfo(id).split), terms.currency);
        uint256 billed = fees * MILLION / terms.leastPricePerMillion;
        return grown > terms.unbilledFree && billed < grown && (grown - billed) * ALL_BPS > grown * terms.unbilledBps;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(ILienholder).interfaceId || interfaceId == type(IERC165).interfaceId;
    }

    // Internals

    /// @dev Whatever could keep the title from moving is looked for here.
    function _checkTitle(RoundId id, AssetId asset, address provider) private view {
        if (ASSETS.providerOf(asset) != provider) revert Financing_AssetNotReady(id, asset, "owner");
        if (ASSETS.parentOf(asset) != NO_ASSET) revert Financing_AssetNotReady(id, asset, "part of another");
        AssetId[] memory all = COMPONENTS.withParts(asset);
        for (uint256 i = 0; i < all.length; ++i) {
            address lienholder = ASSETS.lienholderOf(all[i]);
            if (lienholder == address(this) || (i != 0 && lienholder == address(0))) continue;
            revert Financing_AssetNotReady(id, asset, "lien");
        }
    }

    /// @dev The round is the first payee; its share becomes the provider's. What came in before is paid out under the old shares.
    function _handBackShare(SplitId split, address provider) private {
        IFeeSplitter.Payee[] memory old = SPLITTER.payeesOf(split);
        uint256 found;
        for (uint256 i = 1; i < old.length; ++i) {
            if (old[i].account == provider) found = i;
        }
        IFeeSplitter.Payee[] memory payees = old;
        old[0].account = provider;
        if (found != 0) {
            payees = new IFeeSplitter.Payee[](old.length - 1);
            old[found].share += old[0].share;
            for (uint256 i = 1; i < old.length; ++i) {
                payees[i - 1] = old[i];
            }
        }
        SPLITTER.changeShares(split, payees);
    }

    function _checkFree(AssetId asset) private view {
        address owner = ASSETS.providerOf(asset);
        if (msg.sender != owner) revert Financing_NotTitleOwner(asset, msg.sender, owner);
        RoundId id = roundOf[asset];
        if (id != NO_ROUND) revert Financing_AssetInRound(asset, id);
    }

    /// @dev Who is known to earn from the machines anyway.
    function _isRelated(Round memory round, address worker) private view returns (bool) {
        if (worker == round.provider) return true;
        IFeeSplitter.Payee[] memory payees = SPLITTER.payeesOf(SplitId.wrap(round.split));
        for (uint256 i = 0; i < payees.length; ++i) {
            if (payees[i].account == worker) return true;
        }
        return false;
    }
}
