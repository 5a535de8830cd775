// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IHandOvers} from "../interfaces/IHandOvers.sol";
import {IServiceMarket} from "../interfaces/IServiceMarket.sol";
import {NO_AGREEMENT} from "../types/Identifiers.sol";
import {STATE_UP, Status} from "../types/MeterForms.sol";
import {
    CoreGrade,
    Evidence,
    Order,
    OrderId,
    OrderKind,
    OrderStage,
    Reputation,
    ServiceTerms
} from "../types/Service.sol";
import {OrderStore} from "./OrderStore.sol";

/// @title From a promise to a payment: evidence, inspection, dispute, ruling. Nothing here can be paused.
abstract contract Delivering is OrderStore {
    uint16 private constant ALL_BPS = 10_000;

    /// @inheritdoc IServiceMarket
    function abandon(OrderId id) external {
        Order storage order = _order(id, OrderStage.Assigned);
        _checkWorker(id, order);
        _fail(id, order, OrderStage.Abandoned);
    }

    /// @inheritdoc IServiceMarket
    function expire(OrderId id) external {
        Order storage order = _order(id, OrderStage.Assigned);
        uint256 from = _expiresAt(order, _termsOf(order));
        if (block.timestamp <= from) revert Market_TooEarly(id, from);
        _fail(id, order, OrderStage.Expired);
    }

    /// @inheritdoc IServiceMarket
    function deliver(OrderId id, Evidence calldata evidence, Status calldata status, bytes calldata signature)
        external
    {
        Order storage order = _order(id, OrderStage.Assigned);
        _checkWorker(id, order);
        if (evidence.documentHash == 0) revert Market_ZeroDocument(id);
        ServiceTerms memory terms = _termsOf(order);
        uint256 until = _expiresAt(order, terms);
        if (block.timestamp > until) revert Market_TooLate(id, until);
        if (order.kind == OrderKind.Collect) _returned(id);
        if (terms.statusNeeded && order.kind < OrderKind.Collect) _checkStatus(id, order, status, signature);

        bool late = block.timestamp > order.deadline;
        Reputation storage reputation = _reputations[msg.sender];
        ++reputation.done;
        if (late) ++reputation.late;
        order.stage = OrderStage.Delivered;
        order.deadline = uint40(block.timestamp + terms.inspectionTime);
        emit OrderDelivered(id, msg.sender, late, evidence);
        _recordHistory(order.asset, "service delivered", evidence.documentHash, evidence.uri);
    }

    /// @inheritdoc IServiceMarket
    function approve(OrderId id) external {
        Order storage order = _order(id, OrderStage.Delivered);
        _checkParty(id, order, order.isIncluded);
        _end(id, order, OrderStage.Paid, order.price, address(0));
    }

    /// @inheritdoc IServiceMarket
    function release(OrderId id) external {
        Order storage order = _order(id, OrderStage.Delivered);
        if (block.timestamp <= order.deadline) revert Market_TooEarly(id, order.deadline);
        _end(id, order, OrderStage.Paid, order.price, address(0));
    }

    /// @inheritdoc IServiceMarket
    function dispute(OrderId id, bytes32 documentHash, string calldata uri) external {
        Order storage order = _order(id, OrderStage.Delivered);
        // A watcher, or one who has sold the machine, orders work and does not judge it.
        _checkParty(id, order, order.agreement != NO_AGREEMENT);
        if (block.timestamp > order.deadline) revert Market_TooLate(id, order.deadline);
        if (documentHash == 0) revert Market_ZeroDocument(id);
        ServiceTerms memory terms = _termsOf(order);

        ++_reputations[order.worker].disputed;
        order.stage = OrderStage.Disputed;
        order.deadline = uint40(block.timestamp + terms.arbitrationTime);
        (order.disputer, order.bond) = (msg.sender, terms.disputeBond);
        emit OrderDisputed(id, msg.sender, terms.disputeBond, documentHash, uri);
        _recordHistory(order.asset, "service disputed", documentHash, uri);
        _escrowFrom(msg.sender, terms.currency, terms.disputeBond);
    }

    /// @inheritdoc IServiceMarket
    function rule(OrderId id, uint16 workerBps, bytes32 documentHash) external {
        Order storage order = _order(id, OrderStage.Disputed);
        // An arbiter who has bought the machine, ordered the work or disputed it judges nobody.
        bool isParty =
            msg.sender == order.opener || msg.sender == order.disputer || msg.sender == ASSETS.providerOf(order.asset);
        if (isParty || !TERMS.isArbiter(order.terms, msg.sender)) revert Market_NotArbiter(id, msg.sender);
        if (block.timestamp > order.deadline) revert Market_TooLate(id, order.deadline);
        if (workerBps > ALL_BPS) revert Market_ShareTooHigh(workerBps);

        uint256 before = _rulings[id][msg.sender];
        uint256 ruling = uint256(workerBps) + 1;
        if (before != 0) --_tallies[id][before];
        _rulings[id][msg.sender] = ruling;
        uint256 tally = ++_tallies[id][ruling];
        emit RulingGiven(id, msg.sender, workerBps, documentHash);
        if (tally >= _termsOf(order).quorum) {
            address bondTo = workerBps == ALL_BPS ? order.worker : order.disputer;
            _endArbitrated(id, order, workerBps, bondTo);
        }
    }

    /// @inheritdoc IServiceMarket
    function endSilent(OrderId id) external {
        Order storage order = _order(id, OrderStage.Disputed);
        if (block.timestamp <= order.deadline) revert Market_TooEarly(id, order.deadline);
        _endArbitrated(id, order, _termsOf(order).silentShareBps, order.disputer);
    }

    /// @inheritdoc IServiceMarket
    function payCore(OrderId id) external {
        IHandOvers.Collection memory collection = _returned(id);
        if (isCorePaid[id]) revert Market_CoreAlreadyPaid(id);
        isCorePaid[id] = true;

        Order storage order = _orders[id];
        address currency = TERMS.currencyOf(order.terms);
        uint80 amount = TERMS.corePriceOf(order.terms, collection.grade);
        emit CorePaid(id, collection.giver, collection.grade, amount);
        _payFromReserve(order.asset, currency, amount, collection.giver);
    }

    function _fail(OrderId id, Order storage order, OrderStage stage) private {
        ++_reputations[order.worker].failed;
        _giveBack(order);
        _end(id, order, stage, 0, address(0));
    }

    function _returned(OrderId id) private view returns (IHandOvers.Collection memory collection) {
        collection = HAND_OVERS.collectionOf(id);
        if (collection.grade == CoreGrade.None) revert Market_NotReturned(id);
    }

    function _endArbitrated(OrderId id, Order storage order, uint16 workerBps, address bondTo) private {
        uint80 toWorker = uint80(uint256(order.price) * workerBps / ALL_BPS);
        if (toWorker != order.price) ++_reputations[order.worker].lost;
        _end(id, order, OrderStage.Arbitrated, toWorker, bondTo);
    }

    function _expiresAt(Order storage order, ServiceTerms memory terms) private view returns (uint256) {
        return uint256(order.deadline) + terms.graceTime;
    }

    function _checkStatus(OrderId id, Order storage order, Status calldata status, bytes calldata signature)
        private
        view
    {
        if (status.assetId != order.asset) revert Market_StatusRefused(id, "another asset");
        if (status.state != STATE_UP) revert Market_StatusRefused(id, "not up");
        if (status.time < order.assignedAt) revert Market_StatusRefused(id, "before the work");
        if (status.time > block.timestamp) revert Market_StatusRefused(id, "ahead of chain time");
        if (!METERS.verifyStatus(status, signature)) revert Market_StatusRefused(id, "not signed by the meter");
    }
}
