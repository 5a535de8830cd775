// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IHandOvers} from "../interfaces/IHandOvers.sol";
import {IMeterRegistry} from "../interfaces/IMeterRegistry.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {IServiceMarket} from "../interfaces/IServiceMarket.sol";
import {IServiceTermsBook} from "../interfaces/IServiceTermsBook.sol";
import {IStepSource} from "../interfaces/IStepSource.sol";
import {IUsageAgreements} from "../interfaces/IUsageAgreements.sol";
import {AssetId} from "../types/Identifiers.sol";
import {Bid, Order, OrderId, OrderKind, OrderStage, Reputation} from "../types/Service.sol";
import {Delivering} from "./Delivering.sol";
import {Ordering} from "./Ordering.sol";
import {OrderStore} from "./OrderStore.sol";

/// @title Work on machines; see IServiceMarket.
/// @dev Calls go to contracts of this platform only, and to the policy that governance names; none of them calls back here. A
///      meter that is a contract (ERC-1271) is asked by a static call.
contract ServiceMarket is Ordering, Delivering, AccessManaged {
    constructor(
        address authority,
        IPrepaidAccounts accounts,
        IAssetRegistry assets,
        IMeterRegistry meters,
        IUsageAgreements agreements,
        IServiceTermsBook terms,
        IHandOvers handOvers,
        address community
    ) OrderStore(accounts, assets, meters, agreements, terms, handOvers, community) AccessManaged(authority) {}

    // Reserve

    /// @inheritdoc IServiceMarket
    function releaseReserve(AssetId asset, address currency, uint256 amount, address to) external {
        address lienholder = ASSETS.lienholderOf(asset);
        if (lienholder == address(0)) _checkProvider(asset);
        else if (msg.sender != lienholder) revert Market_LienholderDecides(asset, msg.sender, lienholder);
        emit ReserveReleased(asset, currency, to, amount, msg.sender);
        _payFromReserve(asset, currency, amount, to);
    }

    /// @inheritdoc IServiceMarket
    function skimSurplus(address currency) external returns (uint256 amount) {
        amount = ACCOUNTS.balanceOf(ESCROW_ACCOUNT, _id(currency)) - escrowedIn[currency];
        if (amount == 0) revert Market_NoSurplus(currency);
        emit SurplusSkimmed(currency, COMMUNITY, amount);
        _payFromEscrow(COMMUNITY, currency, amount);
    }

    // Views

    /// @inheritdoc IServiceMarket
    function orderOf(OrderId id) external view returns (Order memory order) {
        order = _orders[id];
        if (order.stage == OrderStage.None) revert Market_UnknownOrder(id);
    }

    /// @inheritdoc IServiceMarket
    function bidOf(OrderId id, address worker) external view returns (Bid memory) {
        return _bids[id][worker];
    }

    /// @inheritdoc IServiceMarket
    function rulingOf(OrderId id, address arbiter) external view returns (bool given, uint16 workerBps) {
        uint256 ruling = _rulings[id][arbiter];
        return ruling == 0 ? (false, 0) : (true, uint16(ruling - 1));
    }

    /// @inheritdoc IServiceMarket
    function reputationOf(address worker) external view returns (Reputation memory) {
        return _reputations[worker];
    }

    /// @inheritdoc IServiceMarket
    function reserveOf(AssetId asset) external view returns (address) {
        return _reserve(asset);
    }

    /// @inheritdoc IStepSource
    function isStepFor(AssetId asset, uint256 id) external view returns (bool) {
        if (id > orderCount) return false;
        Order storage order = _orders[OrderId.wrap(uint64(id))];
        if (order.asset != asset || order.stage != OrderStage.Assigned) return false;
        return order.kind != OrderKind.Inspect && order.kind != OrderKind.Collect;
    }

    /// @inheritdoc IServiceMarket
    function budgetOf(AssetId asset) external view returns (RuleBudget memory) {
        return _budgets[asset];
    }

    // Governance

    /// @inheritdoc IServiceMarket
    function setEligibility(address policy) external restricted {
        if (policy.code.length == 0) revert Market_InvalidPolicy(policy);
        emit EligibilityChanged(eligibility, policy);
        eligibility = policy;
    }

    /// @inheritdoc IServiceMarket
    function pause() external restricted {
        _pause();
    }

    /// @inheritdoc IServiceMarket
    function unpause() external restricted {
        _unpause();
    }
}
