// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SelfEndingPause} from "../shared/SelfEndingPause.sol";
import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {ILienholder} from "../interfaces/ILienholder.sol";
import {IServiceMarket} from "../interfaces/IServiceMarket.sol";
import {IUsageAgreements} from "../interfaces/IUsageAgreements.sol";
import {IWorkerEligibility} from "../interfaces/IWorkerEligibility.sol";
import {Lienholders} from "../libraries/Lienholders.sol";
import {AgreementId, AssetId, NO_AGREEMENT} from "../types/Identifiers.sol";
import {
    Bid,
    NO_ORDER,
    Order,
    OrderId,
    OrderKind,
    OrderRequest,
    OrderStage,
    ServiceTerms,
    ServiceTermsId
} from "../types/Service.sol";
import {OrderStore} from "./OrderStore.sol";

/// @title From a need to a worker who has promised: open, bid, accept.
abstract contract Ordering is OrderStore, SelfEndingPause {
    uint256 private constant LONGEST_BIDDING = 30 days;
    uint32 private constant LONGEST_WORK = 90 days;

    /// @inheritdoc IServiceMarket
    function open(OrderRequest calldata request) external whenNotPaused returns (OrderId id) {
        ServiceTermsId chosen = TERMS.chosenBy(request.asset);
        ServiceTerms memory terms = TERMS.termsOf(chosen);
        _checkRequest(request, terms);

        id = OrderId.wrap(++orderCount);
        bool isIncluded = _mayOpen(id, request, terms.includedPerYear);
        bool byRule = request.byRule || isIncluded;
        if (byRule && request.ceiling > terms.ruleCeiling) {
            revert Market_CeilingAboveRule(request.ceiling, terms.ruleCeiling);
        }

        Order storage order = _orders[id];
        (order.asset, order.kind, order.stage, order.terms) = (request.asset, request.kind, OrderStage.Open, chosen);
        (order.openedAt, order.biddingUntil) = (uint40(block.timestamp), request.biddingUntil);
        (order.mostWorkTime, order.byRule, order.isIncluded) = (request.mostWorkTime, byRule, isIncluded);
        (order.opener, order.ceiling) = (msg.sender, request.ceiling);
        if (request.agreement != NO_AGREEMENT) order.agreement = request.agreement;
        ++openOrdersOf[request.asset];
        emit OrderOpened(id, request.asset, msg.sender, chosen, byRule, isIncluded, request);
        _recordHistory(request.asset, "service opened", request.documentHash, request.uri);
    }

    /// @inheritdoc IServiceMarket
    function bid(OrderId id, uint80 price, uint32 workTime) external whenNotPaused {
        Order storage order = _order(id, OrderStage.Open);
        if (block.timestamp >= order.biddingUntil) revert Market_BiddingClosed(id, order.biddingUntil);
        if (price == 0 || price > order.ceiling) revert Market_PriceOutOfRange(id, price, order.ceiling);
        if (workTime == 0 || workTime > order.mostWorkTime) {
            revert Market_WorkTimeOutOfRange(workTime, order.mostWorkTime);
        }
        if (TERMS.isArbiter(order.terms, msg.sender)) revert Market_WorkerIsArbiter(id, msg.sender);
        _checkBidder(id, order, msg.sender);

        uint80 standing = _bids[id][msg.sender].price;
        if (standing != 0 && price >= standing) revert Market_BidNotLower(id, price, standing);
        _bids[id][msg.sender] = Bid({price: price, workTime: workTime, at: uint40(block.timestamp)});
        if (order.price == 0 || price < order.price) {
            (order.worker, order.price) = (msg.sender, price);
        }
        emit BidPlaced(id, msg.sender, price, workTime);
    }

    /// @inheritdoc IServiceMarket
    function accept(OrderId id, address worker) external whenNotPaused {
        Order storage order = _order(id, OrderStage.Open);
        _checkProvider(order.asset);
        if (order.byRule) revert Market_ByRuleOnly(id);
        ServiceTerms memory terms = _termsOf(order);
        _checkBidsStand(id, order, terms);
        Bid memory chosen = _bids[id][worker];
        if (chosen.price == 0) revert Market_NoBid(id, worker);
        _checkBidder(id, order, worker);

        uint256 inReserve = _inReserve(order.asset, terms.currency);
        uint80 toppedUp = chosen.price > inReserve ? uint80(chosen.price - inReserve) : 0;
        _assign(id, order, worker, chosen, toppedUp);
        _askLienholder(order, worker, terms.currency, chosen.price - toppedUp);
        _escrowFromReserve(order.asset, terms.currency, chosen.price - toppedUp);
        if (toppedUp != 0) _escrowFrom(msg.sender, terms.currency, toppedUp);
    }

    /// @inheritdoc IServiceMarket
    function acceptLowest(OrderId id) external whenNotPaused {
        Order storage order = _order(id, OrderStage.Open);
        if (!order.byRule) revert Market_NotByRule(id);
        if (block.timestamp < order.biddingUntil) revert Market_BiddingOpen(id, order.biddingUntil);
        ServiceTerms memory terms = _termsOf(order);
        _checkBidsStand(id, order, terms);
        Bid memory chosen = _bids[id][order.worker];
        if (chosen.price == 0) revert Market_NoBid(id, address(0));
        _checkBidder(id, order, order.worker);
        _commit(order.asset, chosen.price, terms.ruleBudget);
        _assign(id, order, order.worker, chosen, 0);
        _askLienholder(order, order.worker, terms.currency, chosen.price);
        _escrowFromReserve(order.asset, terms.currency, chosen.price);
    }

    /// @inheritdoc IServiceMarket
    function cancel(OrderId id) external {
        Order storage order = _order(id, OrderStage.Open);
        _checkParty(id, order, true);
        _giveBack(order);
        _end(id, order, OrderStage.Cancelled, 0, address(0));
    }

    /// @inheritdoc IServiceMarket
    function lapse(OrderId id) external {
        Order storage order = _order(id, OrderStage.Open);
        uint256 until = _bidsStandUntil(order, _termsOf(order));
        if (block.timestamp <= until) revert Market_BidsStand(id, until);
        _giveBack(order);
        _end(id, order, OrderStage.Cancelled, 0, address(0));
    }

    function _checkRequest(OrderRequest calldata request, ServiceTerms memory terms) private view {
        // What is retired is still collected and taken apart.
        bool isForRetired = request.kind == OrderKind.Collect || request.kind == OrderKind.Dismantle;
        if (!isForRetired && ASSETS.lifecycleOf(request.asset) == IAssetRegistry.Lifecycle.Retired) {
            revert Market_AssetRetired(request.asset);
        }
        if (request.ceiling == 0) revert Market_ZeroCeiling();
        if (request.mostWorkTime == 0 || request.mostWorkTime > LONGEST_WORK) {
            revert Market_WorkTimeOutOfRange(request.mostWorkTime, LONGEST_WORK);
        }
        uint256 least = block.timestamp + terms.shortestBidding;
        if (request.biddingUntil < least) revert Market_BiddingTooShort(request.biddingUntil, least);
        uint256 most = block.timestamp + LONGEST_BIDDING;
        if (request.biddingUntil > most) revert Market_BiddingTooLong(request.biddingUntil, most);
    }

    /// @dev A customer decides about others' money only as far as the terms include it: elsewhere the provider accepts.
    /// @return isIncluded Whether the order is one of the services that come with the agreement.
    function _mayOpen(OrderId id, OrderRequest calldata request, uint16 includedPerYear)
        private
        returns (bool isIncluded)
    {
        (AssetId asset, AgreementId agreement) = (request.asset, request.agreement);
        if (agreement == NO_AGREEMENT) {
            if (msg.sender == ASSETS.providerOf(asset) || TERMS.isWatcher(asset, msg.sender)) return false;
            revert Market_MayNotOpen(asset, msg.sender);
        }
        if (request.byRule) revert Market_RuleNotAllowed(asset, msg.sender);
        _checkCustomer(asset, agreement);
        OrderId standing = _orderOf[agreement];
        if (standing != NO_ORDER && !_isEnded(_orders[standing].stage)) {
            revert Market_AgreementHasOrder(agreement, standing);
        }
        _orderOf[agreement] = id;
        return includedPerYear != 0 && _countIncluded(agreement, includedPerYear);
    }

    function _checkCustomer(AssetId asset, AgreementId agreement) private view {
        IUsageAgreements.Agreement memory known = AGREEMENTS.agreementOf(agreement);
        if (known.asset != asset || known.customer != msg.sender || AGREEMENTS.endingOf(agreement).closed) {
            revert Market_AgreementMismatch(agreement, asset, msg.sender);
        }
    }

    function _countIncluded(AgreementId agreement, uint16 included) private returns (bool isLeft) {
        uint256 year = _yearOf(agreement, block.timestamp);
        isLeft = includedUsed[agreement][year] < included;
        if (isLeft) ++includedUsed[agreement][year];
    }

    function _isEnded(OrderStage stage) private pure returns (bool) {
        return stage >= OrderStage.Paid;
    }

    function _checkBidder(OrderId id, Order storage order, address worker) private view {
        address policy = eligibility;
        bytes32 reason = policy == address(0)
            ? bytes32("no policy")
            : IWorkerEligibility(policy).refusal(order.asset, order.kind, worker);
        if (reason != 0) revert Market_Ineligible(id, worker, reason);
        if (worker != order.opener && worker != ASSETS.providerOf(order.asset)) return;
        if (!_termsOf(order).ownBids) revert Market_OwnOrder(id, worker);
    }

    function _bidsStandUntil(Order storage order, ServiceTerms memory terms) private view returns (uint256) {
        return uint256(order.biddingUntil) + terms.acceptanceTime;
    }

    function _checkBidsStand(OrderId id, Order storage order, ServiceTerms memory terms) private view {
        uint256 until = _bidsStandUntil(order, terms);
        if (block.timestamp > until) revert Market_BidsLapsed(id, until);
    }

    /// @dev Whose security the reserve is, where it says that it wants to be asked. A stranger's contract, so the order has left its
    ///      stage before.
    function _askLienholder(Order storage order, address worker, address currency, uint256 amount) private {
        ILienholder lienholder = Lienholders.toAsk(ASSETS, order.asset);
        if (address(lienholder) != address(0)) {
            lienholder.useReserve(order.asset, order.kind, worker, currency, amount);
        }
    }

    function _commit(AssetId asset, uint80 price, uint80 most) private {
        RuleBudget memory budget = _budgets[asset];
        uint32 period = uint32(block.timestamp / BUDGET_PERIOD);
        if (budget.period != period) (budget.period, budget.committed) = (period, 0);
        uint256 left = most > budget.committed ? most - budget.committed : 0;
        if (price > left) revert Market_BudgetUsedUp(asset, price, left);
        budget.committed += price;
        _budgets[asset] = budget;
    }

    function _assign(OrderId id, Order storage order, address worker, Bid memory chosen, uint80 toppedUp) private {
        uint40 promisedFor = uint40(block.timestamp + chosen.workTime);
        order.stage = OrderStage.Assigned;
        (order.worker, order.price) = (worker, chosen.price);
        (order.deadline, order.assignedAt, order.workTime) = (promisedFor, uint40(block.timestamp), chosen.workTime);
        emit OrderAssigned(id, worker, chosen.price, toppedUp, promisedFor, order.byRule);
        _recordHistory(order.asset, "service assigned", bytes32(uint256(OrderId.unwrap(id))), "");
    }
}
