// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IHandOvers} from "../interfaces/IHandOvers.sol";
import {IMeterRegistry} from "../interfaces/IMeterRegistry.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {IServiceMarket} from "../interfaces/IServiceMarket.sol";
import {IServiceTermsBook} from "../interfaces/IServiceTermsBook.sol";
import {IUsageAgreements} from "../interfaces/IUsageAgreements.sol";
import {Subaccounts} from "../libraries/Subaccounts.sol";
import {AgreementId, AssetId} from "../types/Identifiers.sol";
import {Bid, Order, OrderId, OrderStage, Reputation, ServiceTerms} from "../types/Service.sol";

/// @title What ServiceMarket remembers, and the few movements of money that it knows.
abstract contract OrderStore is IServiceMarket {
    bytes32 internal constant ESCROW_KEY = "escrow";
    uint256 internal constant BUDGET_PERIOD = 30 days;
    uint256 internal constant YEAR = 365 days;

    IPrepaidAccounts internal immutable ACCOUNTS;
    IAssetRegistry internal immutable ASSETS;
    IMeterRegistry internal immutable METERS;
    IUsageAgreements internal immutable AGREEMENTS;
    IServiceTermsBook internal immutable TERMS;
    IHandOvers internal immutable HAND_OVERS;
    address internal immutable ESCROW_ACCOUNT;
    address internal immutable COMMUNITY;

    /// @inheritdoc IServiceMarket
    uint64 public orderCount;
    /// @inheritdoc IServiceMarket
    address public eligibility;
    /// @inheritdoc IServiceMarket
    mapping(address currency => uint256) public escrowedIn;
    /// @inheritdoc IServiceMarket
    mapping(AssetId => uint256) public openOrdersOf;
    /// @inheritdoc IServiceMarket
    mapping(AgreementId => mapping(uint256 year => uint256)) public includedUsed;
    mapping(OrderId => Order) internal _orders;
    mapping(OrderId => mapping(address worker => Bid)) internal _bids;
    /// @inheritdoc IServiceMarket
    mapping(OrderId => bool) public isCorePaid;
    mapping(OrderId => mapping(address arbiter => uint256)) internal _rulings; // bps + 1; zero: none
    mapping(OrderId => mapping(uint256 ruling => uint256)) internal _tallies;
    mapping(address worker => Reputation) internal _reputations;
    mapping(AssetId => RuleBudget) internal _budgets;
    mapping(AgreementId => OrderId) internal _orderOf;

    constructor(
        IPrepaidAccounts accounts,
        IAssetRegistry assets,
        IMeterRegistry meters,
        IUsageAgreements agreements,
        IServiceTermsBook terms,
        IHandOvers handOvers,
        address community
    ) {
        ACCOUNTS = accounts;
        ASSETS = assets;
        METERS = meters;
        AGREEMENTS = agreements;
        TERMS = terms;
        HAND_OVERS = handOvers;
        COMMUNITY = community;
        ESCROW_ACCOUNT = Subaccounts.derive(address(this), ESCROW_KEY);
    }

    // Orders

    function _order(OrderId id, OrderStage needed) internal view returns (Order storage order) {
        order = _orders[id];
        if (order.stage == OrderStage.None) revert Market_UnknownOrder(id);
        if (order.stage != needed) revert Market_WrongStage(id, order.stage, needed);
    }

    function _termsOf(Order storage order) internal view returns (ServiceTerms memory) {
        return TERMS.termsOf(order.terms);
    }

    /// @dev I-13: the only way out of escrow, and the stage it leaves is never entered again.
    function _end(OrderId id, Order storage order, OrderStage stage, uint80 toWorker, address bondTo) internal {
        bool funded = order.stage != OrderStage.Open;
        (uint80 price, uint80 bond) = funded ? (order.price, order.bond) : (0, 0);
        order.stage = stage;
        --openOrdersOf[order.asset];

        if (funded) {
            address currency = TERMS.currencyOf(order.terms);
            escrowedIn[currency] -= uint256(price) + bond;
            _payFromEscrow(order.worker, currency, toWorker);
            _payFromEscrow(_reserve(order.asset), currency, price - toWorker);
            _payFromEscrow(bondTo, currency, bond);
        }
        emit OrderEnded(id, stage, toWorker, price - toWorker, bond, bondTo);
        _recordHistory(order.asset, "service ended", bytes32(uint256(OrderId.unwrap(id))), "");
    }

    /// @dev Work that was never delivered counts neither as an included service nor against the rule's budget.
    function _giveBack(Order storage order) internal {
        if (order.isIncluded) --includedUsed[order.agreement][_yearOf(order.agreement, order.openedAt)];
        if (!order.byRule || order.assignedAt == 0) return;
        RuleBudget storage budget = _budgets[order.asset];
        if (budget.period == order.assignedAt / BUDGET_PERIOD) budget.committed -= order.price;
    }

    function _yearOf(AgreementId agreement, uint256 time) internal view returns (uint256) {
        return (time - AGREEMENTS.stateOf(agreement).openedAt()) / YEAR;
    }

    /// @dev Asked first, so that no governance can stop an exit by dismissing this contract as a recorder (I-15).
    function _recordHistory(AssetId asset, bytes32 kind, bytes32 documentHash, string memory uri) internal {
        if (ASSETS.isRecorder(address(this))) ASSETS.recordHistory(asset, kind, documentHash, uri);
    }

    // Roles

    function _checkProvider(AssetId asset) internal view {
        address provider = ASSETS.providerOf(asset);
        if (msg.sender != provider) revert Market_NotProvider(asset, msg.sender, provider);
    }

    function _checkParty(OrderId id, Order storage order, bool openerCounts) internal view {
        bool isOpener = openerCounts && msg.sender == order.opener;
        if (!isOpener && msg.sender != ASSETS.providerOf(order.asset)) revert Market_NotParty(id, msg.sender);
    }

    function _checkWorker(OrderId id, Order storage order) internal view {
        if (msg.sender != order.worker) revert Market_NotWorker(id, msg.sender, order.worker);
    }

    // Money

    function _id(address currency) internal pure returns (uint256) {
        return uint160(currency);
    }

    function _reserveKey(AssetId asset) internal pure returns (bytes32) {
        return bytes32(uint256(AssetId.unwrap(asset)));
    }

    function _reserve(AssetId asset) internal view returns (address) {
        return Subaccounts.derive(address(this), _reserveKey(asset));
    }

    function _inReserve(AssetId asset, address currency) internal view returns (uint256) {
        return ACCOUNTS.balanceOf(_reserve(asset), _id(currency));
    }

    function _payFromReserve(AssetId asset, address currency, uint256 amount, address to) internal {
        uint256 inReserve = _inReserve(asset, currency);
        if (amount > inReserve) revert Market_ReserveShort(asset, currency, amount, inReserve);
        if (amount != 0) ACCOUNTS.moveFrom(_reserveKey(asset), to, currency, amount);
    }

    function _escrowFromReserve(AssetId asset, address currency, uint256 amount) internal {
        escrowedIn[currency] += amount;
        _payFromReserve(asset, currency, amount, ESCROW_ACCOUNT);
    }

    /// @dev Money that the payer allowed this contract to take.
    function _escrowFrom(address payer, address currency, uint256 amount) internal {
        if (amount == 0) return;
        escrowedIn[currency] += amount;
        ACCOUNTS.transferFrom(payer, ESCROW_ACCOUNT, _id(currency), amount);
    }

    function _payFromEscrow(address to, address currency, uint256 amount) internal {
        if (amount != 0) ACCOUNTS.moveFrom(ESCROW_KEY, to, currency, amount);
    }
}
