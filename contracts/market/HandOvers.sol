// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IHandOvers} from "../interfaces/IHandOvers.sol";
import {IServiceMarket} from "../interfaces/IServiceMarket.sol";
import {SignedForms} from "../shared/SignedForms.sol";
import {CoreGrade, HandOver, hashHandOver, Order, OrderId, OrderKind, OrderStage} from "../types/Service.sol";

/// @title Hand-overs of collected machines; see IHandOvers.
contract HandOvers is IHandOvers, SignedForms {
    IAssetRegistry private immutable ASSETS;
    IServiceMarket private immutable MARKET;

    mapping(OrderId => Collection) private _collections;

    constructor(IAssetRegistry assets, IServiceMarket market) {
        ASSETS = assets;
        MARKET = market;
    }

    /// @inheritdoc IHandOvers
    function handOver(HandOver calldata form, bytes calldata giverSignature, bytes calldata takerSignature) external {
        OrderId id = form.orderId;
        Order memory order = MARKET.orderOf(id);
        if (order.kind != OrderKind.Collect) revert HandOvers_Refused(id, "not a collect order");
        if (order.stage != OrderStage.Assigned) revert HandOvers_Refused(id, "not assigned");
        if (form.giver == form.taker) revert HandOvers_Refused(id, "one hand");
        Collection storage collection = _collections[id];
        if (collection.giver == address(0)) {
            if (form.taker != order.worker) revert HandOvers_Refused(id, "taker is not the worker");
            if (form.grade != CoreGrade.None) revert HandOvers_Refused(id, "graded on return only");
            collection.giver = form.giver;
        } else {
            _checkReturn(form, order, collection.grade);
            collection.grade = form.grade;
        }

        emit HandedOver(id, form.giver, form.taker, form.grade, form.conditionHash);
        if (ASSETS.isRecorder(address(this))) {
            ASSETS.recordHistory(order.asset, "handed over", form.conditionHash, "");
        }
        bytes32 structHash = hashHandOver(form);
        _consumeForm(form.giver, structHash, form.giverNonce, form.deadline, giverSignature);
        _consumeForm(form.taker, structHash, form.takerNonce, form.deadline, takerSignature);
    }

    /// @inheritdoc IHandOvers
    function collectionOf(OrderId id) external view returns (Collection memory) {
        return _collections[id];
    }

    /// @inheritdoc IHandOvers
    function digestOf(HandOver calldata form) external view returns (bytes32) {
        return _hashTypedDataV4(hashHandOver(form));
    }

    function _checkReturn(HandOver calldata form, Order memory order, CoreGrade graded) private view {
        if (graded != CoreGrade.None) revert HandOvers_Refused(form.orderId, "already returned");
        if (form.giver != order.worker) revert HandOvers_Refused(form.orderId, "giver is not the worker");
        if (form.grade == CoreGrade.None) revert HandOvers_Refused(form.orderId, "no grade");
        address provider = ASSETS.providerOf(order.asset);
        if (form.taker != provider && msg.sender != provider) {
            revert HandOvers_Refused(form.orderId, "taker not named by provider");
        }
    }
}
