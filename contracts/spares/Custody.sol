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
import {AssetId} from "../types/Identifiers.sol";
import {NO_ORDER} from "../types/Service.sol";
import {NO_CLAIM, Place, PoolId, PoolModel, Stock, Unit} from "../types/Spares.sol";

/// @title Units in custody: where each of them is (I-12), and what its history says.
abstract contract Custody is ISpareStock {
    IPrepaidAccounts internal immutable ACCOUNTS;
    IAssetRegistry internal immutable ASSETS;
    IUsageAgreements internal immutable AGREEMENTS;
    IOfferBook internal immutable OFFERS;
    IServiceTermsBook internal immutable SERVICE_TERMS;
    IServiceMarket internal immutable MARKET;
    ISparePools internal immutable POOLS;
    ISpareLoans internal immutable LOANS;
    address internal immutable COMMUNITY;

    /// @inheritdoc ISpareStock
    mapping(PoolId => address) public keeperOf;
    mapping(PoolId => PoolModel[]) internal _models;
    mapping(AssetId => Unit) internal _units;
    mapping(PoolId => mapping(uint8 model => Stock)) internal _stocks;

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
    ) {
        ACCOUNTS = accounts;
        ASSETS = assets;
        AGREEMENTS = agreements;
        OFFERS = offers;
        SERVICE_TERMS = serviceTerms;
        MARKET = market;
        POOLS = pools;
        LOANS = loans;
        COMMUNITY = community;
    }

    /// @inheritdoc ISpareStock
    /// @dev Only what the maker itself has registered: anyone can declare a machine under any maker's name.
    function modelOf(PoolId id, AssetId asset) public view returns (uint8) {
        IAssetRegistry.Asset memory found = ASSETS.assetOf(asset);
        PoolModel[] storage models = _models[id];
        if (found.selfDeclaredBy == address(0) && found.lifecycle != IAssetRegistry.Lifecycle.Retired) {
            for (uint256 i = 0; i < models.length; ++i) {
                // At most 16.
                // forge-lint: disable-next-line(unsafe-typecast)
                if (models[i].model == found.model && models[i].maker == found.maker) return uint8(i);
            }
        }
        revert Stock_ModelNotServed(id, asset);
    }

    // Places

    function _unit(AssetId unit, Place needed) internal view returns (Unit storage found) {
        found = _units[unit];
        if (found.place != needed) revert Stock_WrongPlace(unit, found.place);
    }

    /// @dev What comes in is free of liens (which would bind it here for ever), of customers and of work ordered before.
    function _receive(PoolId pool, uint8 model, AssetId unit, address from, Place to) internal {
        address lienholder = ASSETS.lienholderOf(unit);
        if (lienholder != address(0)) revert Stock_UnderLien(unit, lienholder);
        if (ASSETS.lifecycleOf(unit) == IAssetRegistry.Lifecycle.Retired) revert Stock_AssetRetired(unit);
        uint256 open = AGREEMENTS.openAgreementsOf(unit);
        if (open != 0) revert Stock_InUse(unit, open);
        uint256 orders = MARKET.openOrdersOf(unit);
        if (orders != 0) revert Stock_OrdersOpen(unit, orders);

        Stock storage stock = _stocks[pool][model];
        ++stock.total;
        if (to == Place.Shelf) ++stock.ready;
        Unit storage found = _units[unit];
        emit UnitMoved(unit, pool, to, found.place, model);
        (found.pool, found.place, found.model) = (pool, to, model);
        (found.loan, found.order) = (NO_CLAIM, NO_ORDER);
        ASSETS.transferFrom(from, address(this), AssetId.unwrap(unit));
        _record(unit, "spare received", bytes32(uint256(PoolId.unwrap(pool))));
    }

    /// @dev The history is written before the title goes: afterwards this contract has no say in it.
    function _release(AssetId unit, Unit storage found, Place to, address taker, bytes32 kind) internal {
        --_stocks[found.pool][found.model].total;
        found.loan = NO_CLAIM;
        _move(unit, found, to);
        _record(unit, kind, bytes32(uint256(PoolId.unwrap(found.pool))));
        ASSETS.transferFrom(address(this), taker, AssetId.unwrap(unit));
    }

    /// @dev Out of the pool for good; what is lent is written off first.
    function _retire(PoolId pool, AssetId unit, address taker) internal {
        Unit storage found = _units[unit];
        Place place = found.place;
        if (found.pool != pool) revert Stock_NotInPool(unit, pool, found.model);
        if (place == Place.Lent) LOANS.writeOff(found.loan);
        else if (place == Place.Shelf) _takeOffShelf(found);
        else if (place != Place.Repair) revert Stock_WrongPlace(unit, place);
        _emptyReserve(unit, pool);
        _release(unit, found, Place.Retired, taker, "spare retired");
    }

    /// @dev What is kept for who was called out stays.
    function _takeOffShelf(Unit storage found) internal {
        Stock storage stock = _stocks[found.pool][found.model];
        if (stock.ready <= stock.kept) revert Stock_NoneOnShelf(found.pool, found.model);
        --stock.ready;
    }

    function _move(AssetId unit, Unit storage found, Place to) internal {
        emit UnitMoved(unit, found.pool, to, found.place, found.model);
        found.place = to;
    }

    /// @dev As the title owner, so that nobody can stop an exit by it (I-15).
    function _record(AssetId unit, bytes32 kind, bytes32 documentHash) internal {
        ASSETS.recordHistory(unit, kind, documentHash, "");
    }

    function _emptyReserve(AssetId unit, PoolId pool) internal {
        address currency = POOLS.termsOf(pool).currency;
        uint256 there = ACCOUNTS.balanceOf(MARKET.reserveOf(unit), uint160(currency));
        if (there != 0) MARKET.releaseReserve(unit, currency, there, POOLS.accountOf(pool));
    }

    function _checkRange(bytes32 which, uint256 value, uint256 least, uint256 most) internal pure {
        if (value < least || value > most) revert Stock_OutOfRange(which, value, least, most);
    }
}
