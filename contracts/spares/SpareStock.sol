// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {IServiceMarket} from "../interfaces/IServiceMarket.sol";
import {IServiceTermsBook} from "../interfaces/IServiceTermsBook.sol";
import {ISpareLoans} from "../interfaces/ISpareLoans.sol";
import {ISparePools} from "../interfaces/ISparePools.sol";
import {ISpareStock} from "../interfaces/ISpareStock.sol";
import {IUsageAgreements} from "../interfaces/IUsageAgreements.sol";
import {AssetId, NO_AGREEMENT} from "../types/Identifiers.sol";
import {NO_ORDER, OrderId, OrderKind, OrderRequest, OrderStage, ServiceTerms} from "../types/Service.sol";
import {ClaimId, NO_CLAIM, Place, Pool, PoolId, PoolModel, PoolTerms, Stock, Unit} from "../types/Spares.sol";
import {Custody} from "./Custody.sol";
import {PoolVotes} from "./PoolVotes.sol";

/// @title Spares in custody and their repair; see ISpareStock.
/// @dev Has no authority: the OfferBook's pause stops new purchases, nothing stops an exit. Calls only contracts of this platform,
///      all fixed at deployment; none of them calls a stranger from there.
contract SpareStock is PoolVotes {
    uint256 private constant MOST_MODELS = 16;

    constructor(
        IPrepaidAccounts accounts,
        IAssetRegistry assets,
        IUsageAgreements agreements,
        IOfferBook offers,
        IServiceTermsBook serviceTerms,
        IServiceMarket market,
        ISparePools pools,
        ISpareLoans loans,
        address community
    ) Custody(accounts, assets, agreements, offers, serviceTerms, market, pools, loans, community) {}

    modifier only(address caller) {
        if (msg.sender != caller) revert Stock_NotPlatform(msg.sender);
        _;
    }

    // Repair

    /// @inheritdoc ISpareStock
    function withhold(AssetId unit) external {
        Unit storage found = _unit(unit, Place.Shelf);
        address keeper = keeperOf[found.pool];
        if (msg.sender != keeper) revert Stock_NotKeeper(found.pool, msg.sender, keeper);
        _takeOffShelf(found);
        _move(unit, found, Place.Repair);
        _record(unit, "spare withheld", 0);
    }

    /// @inheritdoc ISpareStock
    function repair(AssetId unit, bytes32 documentHash, string calldata uri) external returns (OrderId order) {
        Unit storage found = _unit(unit, Place.Repair);
        OrderStage stage = _orderStage(found.order);
        // Paid and arbitrated work goes back to the shelf first; what ended otherwise is ordered again.
        if (stage != OrderStage.None && stage < OrderStage.Cancelled) {
            revert Stock_OrderRuns(unit, found.order, stage);
        }
        PoolTerms memory terms = POOLS.termsOf(found.pool);
        uint80 ceiling = _models[found.pool][found.model].repairCeiling;
        uint80 funded = _fundReserve(unit, found.pool, terms.currency, ceiling);
        SERVICE_TERMS.choose(unit, terms.serviceTerms);
        order = MARKET.open(
            OrderRequest({
                asset: unit,
                kind: OrderKind.Repair,
                agreement: NO_AGREEMENT,
                ceiling: ceiling,
                biddingUntil: uint40(block.timestamp + terms.biddingTime),
                mostWorkTime: terms.workTime,
                byRule: true,
                documentHash: documentHash,
                uri: uri
            })
        );
        found.order = order;
        emit RepairOrdered(unit, order, funded);
    }

    /// @inheritdoc ISpareStock
    function shelve(AssetId unit) external {
        Unit storage found = _unit(unit, Place.Repair);
        (PoolId pool, OrderId order) = (found.pool, found.order);
        OrderStage stage = _orderStage(order);
        bool isDone = stage == OrderStage.Paid || stage == OrderStage.Arbitrated;
        if (!isDone) {
            if (msg.sender != keeperOf[pool]) revert Stock_NotRepaired(unit, order);
            if (stage == OrderStage.Delivered) MARKET.approve(order);
            else if (stage != OrderStage.None && stage < OrderStage.Paid) revert Stock_OrderRuns(unit, order, stage);
        }
        found.order = NO_ORDER;
        ++_stocks[pool][found.model].ready;
        _move(unit, found, Place.Shelf);
        _record(unit, "spare shelved", bytes32(uint256(OrderId.unwrap(order))));
        _emptyReserve(unit, pool);
    }

    // Ends

    /// @inheritdoc ISpareStock
    function inheritSpare(PoolId pool, AssetId unit) external {
        Pool memory closed = POOLS.poolOf(pool);
        if (!closed.isClosed) revert Stock_NotClosed(pool);
        _retire(pool, unit, closed.heir);
    }

    /// @inheritdoc ISpareStock
    function skim(address currency) external returns (uint256 amount) {
        amount = ACCOUNTS.balanceOf(address(this), uint160(currency));
        if (amount == 0) revert Stock_NoGifts(currency);
        emit GiftsSkimmed(currency, COMMUNITY, amount);
        ACCOUNTS.transfer(COMMUNITY, uint160(currency), amount);
    }

    // SparePools and SpareLoans only

    /// @inheritdoc ISpareStock
    function setUp(PoolId pool, PoolTerms calldata terms, PoolModel[] calldata models, address keeper)
        external
        only(address(POOLS))
    {
        _checkRange("models", models.length, 1, MOST_MODELS);
        _checkRange("keeper", uint160(keeper), 1, type(uint160).max);
        ServiceTerms memory service = SERVICE_TERMS.termsOf(terms.serviceTerms);
        // Orders under terms of another currency, or with ceilings above what is accepted by rule, would all fail.
        if (service.currency != terms.currency) revert Stock_ServiceTermsUnfit("currency");
        _checkRange("biddingTime", terms.biddingTime, service.shortestBidding, 30 days);
        _checkRange("workTime", terms.workTime, 1, 90 days);
        uint80 most = service.ruleCeiling < service.ruleBudget ? service.ruleCeiling : service.ruleBudget;
        for (uint256 i = 0; i < models.length; ++i) {
            _checkRange("repairCeiling", models[i].repairCeiling, 1, most);
            _models[pool].push(models[i]);
        }
        keeperOf[pool] = keeper;
    }

    /// @inheritdoc ISpareStock
    function keep(PoolId pool, uint8 model, bool on) external only(address(LOANS)) {
        Stock storage stock = _stocks[pool][model];
        if (on) {
            if (stock.ready <= stock.kept) revert Stock_NoneOnShelf(pool, model);
            ++stock.kept;
        } else {
            --stock.kept;
        }
    }

    /// @inheritdoc ISpareStock
    function lend(AssetId unit, PoolId pool, uint8 model, ClaimId claim, bool isKept, bytes32 conditionHash)
        external
        only(address(LOANS))
        returns (address)
    {
        Unit storage found = _unit(unit, Place.Shelf);
        if (found.pool != pool || found.model != model) revert Stock_NotInPool(unit, pool, model);
        if (isKept) --_stocks[pool][model].kept;
        _takeOffShelf(found);
        found.loan = claim;
        _move(unit, found, Place.Lent);
        _record(unit, "spare lent", conditionHash);
        return keeperOf[pool];
    }

    /// @inheritdoc ISpareStock
    function takeBack(AssetId unit, bool isSound, bytes32 conditionHash)
        external
        only(address(LOANS))
        returns (address)
    {
        Unit storage found = _units[unit];
        found.loan = NO_CLAIM;
        if (isSound) ++_stocks[found.pool][found.model].ready;
        _move(unit, found, isSound ? Place.Shelf : Place.Repair);
        _record(unit, "spare returned", conditionHash);
        return keeperOf[found.pool];
    }

    /// @inheritdoc ISpareStock
    function letGo(AssetId unit, address to) external only(address(LOANS)) {
        _release(unit, _units[unit], Place.BoughtOut, to, "spare kept by member");
    }

    /// @inheritdoc ISpareStock
    function takeExchanged(PoolId pool, uint8 model, AssetId unit, address from) external only(address(LOANS)) {
        _receive(pool, model, unit, from, Place.Repair);
    }

    // Views

    /// @inheritdoc ISpareStock
    function modelsOf(PoolId pool) external view returns (PoolModel[] memory) {
        return _models[pool];
    }

    /// @inheritdoc ISpareStock
    function modelAt(PoolId pool, uint8 model) external view returns (PoolModel memory) {
        return _models[pool][model];
    }

    /// @inheritdoc ISpareStock
    function unitOf(AssetId unit) external view returns (Unit memory) {
        return _units[unit];
    }

    /// @inheritdoc ISpareStock
    function stockOf(PoolId pool, uint8 model) external view returns (Stock memory) {
        return _stocks[pool][model];
    }

    // Internals

    function _orderStage(OrderId order) private view returns (OrderStage) {
        return order == NO_ORDER ? OrderStage.None : MARKET.orderOf(order).stage;
    }

    function _fundReserve(AssetId unit, PoolId pool, address currency, uint80 ceiling)
        private
        returns (uint80 lacking)
    {
        address reserve = MARKET.reserveOf(unit);
        uint256 there = ACCOUNTS.balanceOf(reserve, uint160(currency));
        if (there >= ceiling) return 0;
        // Less than the ceiling, which has 80 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        lacking = uint80(ceiling - there);
        POOLS.spend(pool, reserve, lacking, "repair");
    }
}
