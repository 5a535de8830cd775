// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {SelfEndingPause} from "../shared/SelfEndingPause.sol";
import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IBuybackGuarantees} from "../interfaces/IBuybackGuarantees.sol";
import {ICoFinancing} from "../interfaces/ICoFinancing.sol";
import {IFeeSplitter} from "../interfaces/IFeeSplitter.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {IRoundBook} from "../interfaces/IRoundBook.sol";
import {PlanMath} from "../libraries/PlanMath.sol";
import {Subaccounts} from "../libraries/Subaccounts.sol";
import {OtherPayee, PlanPoint, RoundAssets, RoundId, RoundTerms, TrancheTerms} from "../types/Financing.sol";
import {Buyback, BuybackStage, GuaranteeId} from "../types/Guarantee.sol";
import {AssetId, SplitId} from "../types/Identifiers.sol";

/// @title Published rounds; see IRoundBook.
contract RoundBook is IRoundBook, AccessManaged, SelfEndingPause {
    uint256 private constant MOST_TRANCHES = 4;
    uint256 private constant MOST_ASSETS = 16;
    uint256 private constant MOST_OTHERS = 15;
    uint256 private constant MOST_POINTS = 64;
    uint256 private constant MOST_UNITS = 2 ** 87 - 1;
    uint256 private constant LONGEST_FUNDING = 365 days;
    uint256 private constant LONGEST_PLAN = 30 * 365 days;
    uint256 private constant ALL_BPS = 10_000;

    IPrepaidAccounts private immutable ACCOUNTS;
    IAssetRegistry private immutable ASSETS;
    IFeeSplitter private immutable SPLITTER;
    address private immutable MARKET;
    ICoFinancing private immutable ROUNDS;
    address private immutable COLLATERAL;
    IBuybackGuarantees private immutable GUARANTEES;

    /// @inheritdoc IRoundBook
    uint64 public roundCount;
    mapping(RoundId => RoundTerms) private _terms;
    mapping(RoundId => TrancheTerms[]) private _tranches;
    mapping(RoundId => PlanPoint[]) private _plans;
    mapping(RoundId => AssetId[]) private _assets;
    mapping(RoundId => mapping(AssetId => uint256)) private _guarantees;

    constructor(
        address authority,
        IPrepaidAccounts accounts,
        IAssetRegistry assets,
        IFeeSplitter splitter,
        address market,
        ICoFinancing rounds,
        address collateral,
        IBuybackGuarantees guarantees
    ) AccessManaged(authority) {
        ACCOUNTS = accounts;
        ASSETS = assets;
        SPLITTER = splitter;
        MARKET = market;
        ROUNDS = rounds;
        COLLATERAL = collateral;
        GUARANTEES = guarantees;
    }

    /// @inheritdoc IRoundBook
    function open(
        RoundTerms calldata terms,
        TrancheTerms[] calldata tranches,
        PlanPoint[] calldata plan,
        RoundAssets calldata assets
    ) external whenNotPaused returns (RoundId id) {
        _checkTerms(terms);
        _checkTranches(terms, tranches);
        id = RoundId.wrap(++roundCount);
        _terms[id] = terms;
        for (uint256 i = 0; i < tranches.length; ++i) {
            _tranches[id].push(tranches[i]);
        }
        _addPlan(id, plan);
        _addAssets(id, terms.secured, assets);
        SplitId split = _createSplit(id, terms, assets);
        emit RoundOpened(id, msg.sender, split, terms, tranches, plan, assets);
        ROUNDS.open(id, msg.sender, terms.currency, SplitId.unwrap(split), tranches);
    }

    // Views

    /// @inheritdoc IRoundBook
    function termsOf(RoundId id) external view returns (RoundTerms memory) {
        return _terms[id];
    }

    /// @inheritdoc IRoundBook
    function tranchesOf(RoundId id) external view returns (TrancheTerms[] memory) {
        return _tranches[id];
    }

    /// @inheritdoc IRoundBook
    function planOf(RoundId id) external view returns (PlanPoint[] memory) {
        return _plans[id];
    }

    /// @inheritdoc IRoundBook
    function planEndOf(RoundId id) public view returns (uint256) {
        PlanPoint[] storage plan = _plans[id];
        return plan[plan.length - 1].time;
    }

    /// @inheritdoc IRoundBook
    function expectedBy(RoundId id, uint256 elapsed) external view returns (uint256) {
        return PlanMath.expected(_plans[id], elapsed);
    }

    /// @inheritdoc IRoundBook
    function coveredUntil(RoundId id, uint256 received) external view returns (uint256) {
        uint256 covered = PlanMath.coveredUntil(_plans[id], received);
        uint256 end = planEndOf(id);
        return covered < end ? covered : end;
    }

    /// @inheritdoc IRoundBook
    function assetsOf(RoundId id) external view returns (AssetId[] memory) {
        return _assets[id];
    }

    /// @inheritdoc IRoundBook
    function guaranteeOf(RoundId id, AssetId asset) external view returns (uint256) {
        return _guarantees[id][asset];
    }

    /// @inheritdoc IRoundBook
    function checkGuarantee(RoundId id, AssetId asset) public view {
        uint256 guarantee = _guarantees[id][asset];
        if (guarantee == 0) return;
        RoundTerms storage terms = _terms[id];
        Buyback memory given = GUARANTEES.buybackOf(GuaranteeId.wrap(guarantee));
        bytes32 what;
        if (given.terms.asset != asset) what = "asset";
        else if (given.terms.currency != terms.currency) what = "currency";
        else if (given.stage != BuybackStage.Live) what = "stage";
        else if (given.openUntil < block.timestamp + terms.defaultAfter) what = "window";
        else if (!terms.secured) what = "unsecured";
        if (what != 0) revert Financing_GuaranteeUnfit(id, asset, guarantee, what);
    }

    /// @inheritdoc IRoundBook
    function paused() public view override(IRoundBook, SelfEndingPause) returns (bool) {
        return super.paused();
    }

    // Governance

    /// @inheritdoc IRoundBook
    function pause() external restricted {
        _pause();
    }

    /// @inheritdoc IRoundBook
    function unpause() external restricted {
        _unpause();
    }

    // Internals

    function _checkTerms(RoundTerms calldata terms) private view {
        if (!ACCOUNTS.isAdmitted(terms.currency)) revert Financing_CurrencyNotAdmitted(terms.currency);
        _check("target", terms.target, 1, MOST_UNITS);
        _check("minimum", terms.minimum, 1, terms.target);
        _check("smallest", terms.smallest, 1, terms.minimum);
        _check("deadline", terms.deadline, block.timestamp + 1, block.timestamp + LONGEST_FUNDING);
        _check("late after", terms.lateAfter, 1 days, 365 days);
        _check("impaired after", terms.impairedAfter, uint256(terms.lateAfter) + 1, 2 * 365 days);
        _check("default after", terms.defaultAfter, uint256(terms.impairedAfter) + 1, 3 * 365 days);
        _check("round share", terms.roundShare, 1, type(uint32).max);
        _check("unbilled", terms.unbilledBps, 1, ALL_BPS);
        if (terms.unbilledBps != ALL_BPS) _check("price", terms.leastPricePerMillion, 1, type(uint96).max);
        _check("auction reserve", terms.auctionBps, 0, ALL_BPS);
        _check("terms", uint256(terms.termsHash), 1, type(uint256).max);
    }

    function _checkTranches(RoundTerms calldata terms, TrancheTerms[] calldata tranches) private pure {
        _check("tranches", tranches.length, 1, MOST_TRANCHES);
        (uint256 sizes, uint256 residuals) = (0, 0);
        for (uint256 i = 0; i < tranches.length; ++i) {
            TrancheTerms calldata tranche = tranches[i];
            _check("size", tranche.size, 1, MOST_UNITS);
            _check("least of tranche", tranche.least, 0, tranche.size);
            _check("rate", tranche.rateBps, 0, ALL_BPS);
            if (tranche.capBps != 0) _check("cap", tranche.capBps, ALL_BPS, type(uint32).max);
            sizes += tranche.size;
            residuals += tranche.residualBps;
        }
        _check("sizes", sizes, terms.target, type(uint256).max);
        _check("residuals", residuals, 0, ALL_BPS);
    }

    function _addPlan(RoundId id, PlanPoint[] calldata plan) private {
        _check("points", plan.length, 1, MOST_POINTS);
        (uint256 time, uint256 amount) = (0, 0);
        for (uint256 i = 0; i < plan.length; ++i) {
            _check("time of point", plan[i].time, time + 1, LONGEST_PLAN);
            _check("amount of point", plan[i].amount, amount, MOST_UNITS);
            (time, amount) = (plan[i].time, plan[i].amount);
            _plans[id].push(plan[i]);
        }
    }

    function _addAssets(RoundId id, bool secured, RoundAssets calldata assets) private {
        uint256 count = assets.ids.length;
        _check("assets", count, 1, MOST_ASSETS);
        _check("guarantees", assets.guarantees.length, count, count);
        for (uint256 i = 0; i < count; ++i) {
            AssetId asset = assets.ids[i];
            address owner = ASSETS.providerOf(asset);
            if (secured && msg.sender != owner) revert Financing_NotTitleOwner(asset, msg.sender, owner);
            for (uint256 j = 0; j < i; ++j) {
                if (assets.ids[j] == asset) revert Financing_AssetInRound(asset, id);
            }
            _assets[id].push(asset);
            _guarantees[id][asset] = assets.guarantees[i];
            checkGuarantee(id, asset);
        }
    }

    /// @dev The round is the first payee: RoundCollateral finds it there when the round is over.
    function _createSplit(RoundId id, RoundTerms calldata terms, RoundAssets calldata assets)
        private
        returns (SplitId)
    {
        OtherPayee[] calldata others = assets.others;
        _check("other payees", others.length, 0, MOST_OTHERS);
        uint256 reserves = terms.reserveShare == 0 ? 0 : assets.ids.length;
        IFeeSplitter.Payee[] memory payees = new IFeeSplitter.Payee[](1 + reserves + others.length);
        address account = Subaccounts.derive(address(ROUNDS), bytes32(uint256(RoundId.unwrap(id))));
        payees[0] = IFeeSplitter.Payee(account, terms.roundShare);
        for (uint256 i = 0; i < reserves; ++i) {
            bytes32 key = bytes32(uint256(AssetId.unwrap(assets.ids[i])));
            payees[1 + i] = IFeeSplitter.Payee(Subaccounts.derive(MARKET, key), terms.reserveShare);
        }
        for (uint256 i = 0; i < others.length; ++i) {
            payees[1 + reserves + i] = IFeeSplitter.Payee(others[i].account, others[i].share);
        }
        address[] memory currencies = new address[](1);
        currencies[0] = terms.currency;
        return SPLITTER.create(COLLATERAL, payees, currencies);
    }

    function _check(bytes32 what, uint256 value, uint256 least, uint256 most) private pure {
        if (value < least || value > most) revert Financing_OutOfRange(what, value, least, most);
    }
}
