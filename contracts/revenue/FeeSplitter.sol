// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFeeSplitter} from "../interfaces/IFeeSplitter.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {LedgerCalls} from "../libraries/LedgerCalls.sol";
import {PayeeLists} from "../libraries/PayeeLists.sol";
import {SplitMath} from "../libraries/SplitMath.sol";
import {Subaccounts} from "../libraries/Subaccounts.sol";
import {SplitId} from "../types/Identifiers.sol";

/// @dev Holds no money and calls nothing but the ledger, which calls nobody when it moves between accounts.
///      The payees of one version never change, so they are written once, as code (PayeeLists).
contract FeeSplitter is IFeeSplitter {
    struct Split {
        address payeeList; // the present version's payees and shares, as code
        uint32 version; // from 1; 0: no such split
        address controller;
        address[] currencies;
        mapping(address currency => bool) listed;
        mapping(uint32 version => mapping(address currency => uint256)) totals;
    }

    uint256 public constant MOST_PAYEES = 32;
    uint256 public constant MOST_CURRENCIES = 8;

    IPrepaidAccounts public immutable accounts;

    uint64 private _count;
    mapping(SplitId => Split) private _splits;

    constructor(IPrepaidAccounts accounts_) {
        accounts = accounts_;
    }

    /// @inheritdoc IFeeSplitter
    function create(address controller, Payee[] calldata payees, address[] calldata currencies)
        external
        returns (SplitId id)
    {
        id = SplitId.wrap(++_count);
        Split storage split = _splits[id];
        split.controller = controller;
        split.version = 1;
        split.payeeList = _writePayees(accountOf(id), payees);
        if (currencies.length == 0) revert Splitter_NoCurrencies();
        for (uint256 i = 0; i < currencies.length; ++i) {
            _list(split, currencies[i]);
        }
        emit SplitCreated(id, controller, payees, currencies);
    }

    // Controller

    /// @inheritdoc IFeeSplitter
    function changeShares(SplitId id, Payee[] calldata payees) external {
        Split storage split = _controlled(id);
        _distributeAll(id, split);
        uint32 version = ++split.version;
        split.payeeList = _writePayees(accountOf(id), payees);
        emit SharesChanged(id, version, payees);
    }

    /// @inheritdoc IFeeSplitter
    function listCurrency(SplitId id, address currency) external {
        _list(_controlled(id), currency);
        emit CurrencyListed(id, currency);
    }

    /// @inheritdoc IFeeSplitter
    function transferControl(SplitId id, address to) external {
        Split storage split = _controlled(id);
        if (to == address(0)) revert Splitter_ZeroController();
        split.controller = to;
        emit ControlTransferred(id, msg.sender, to);
    }

    // Anyone

    /// @inheritdoc IFeeSplitter
    function distribute(SplitId id, address currency) external returns (uint256 paid) {
        return _distribute(id, _known(id), currency);
    }

    /// @inheritdoc IFeeSplitter
    function distributeAll(SplitId id) external {
        _distributeAll(id, _known(id));
    }

    // Views

    /// @inheritdoc IFeeSplitter
    function exists(SplitId id) external view returns (bool) {
        return _splits[id].version != 0;
    }

    /// @inheritdoc IFeeSplitter
    function controllerOf(SplitId id) external view returns (address) {
        return _known(id).controller;
    }

    /// @inheritdoc IFeeSplitter
    function versionOf(SplitId id) external view returns (uint32) {
        return _known(id).version;
    }

    /// @inheritdoc IFeeSplitter
    function payeesOf(SplitId id) external view returns (Payee[] memory payees) {
        (address[] memory receivers, uint256[] memory shares,) = PayeeLists.read(_known(id).payeeList);
        payees = new Payee[](receivers.length);
        for (uint256 i = 0; i < receivers.length; ++i) {
            // Written from a uint96 by _writePayees.
            // forge-lint: disable-next-line(unsafe-typecast)
            payees[i] = Payee(receivers[i], uint96(shares[i]));
        }
    }

    /// @inheritdoc IFeeSplitter
    function currenciesOf(SplitId id) external view returns (address[] memory) {
        return _known(id).currencies;
    }

    /// @inheritdoc IFeeSplitter
    function lists(SplitId id, address currency) external view returns (bool) {
        return _splits[id].listed[currency];
    }

    /// @inheritdoc IFeeSplitter
    function totalOf(SplitId id, address currency) external view returns (uint256 total) {
        Split storage split = _known(id);
        return split.totals[split.version][currency];
    }

    /// @inheritdoc IFeeSplitter
    function undistributed(SplitId id, address currency) public view returns (uint256) {
        return accounts.balanceOf(accountOf(id), uint256(uint160(currency)));
    }

    /// @inheritdoc IFeeSplitter
    function accountOf(SplitId id) public view returns (address) {
        return Subaccounts.derive(address(this), _key(id));
    }

    // Internals

    /// @dev Where no payee gains a whole unit nothing is written: what came in waits in the sub-account.
    function _distribute(SplitId id, Split storage split, address currency) private returns (uint256 paid) {
        uint256 balance = undistributed(id, currency);
        if (balance == 0) return 0;

        uint32 version = split.version;
        mapping(address => uint256) storage totals = split.totals[version];
        (address[] memory receivers, uint256[] memory shares, uint256 sum) = PayeeLists.read(split.payeeList);
        uint256 total;
        uint256[] memory amounts;
        (total, paid, amounts) = SplitMath.payout(totals[currency], balance, shares, sum);
        if (paid == 0) return 0;

        totals[currency] = total;
        emit Distributed(id, version, currency, total, paid);
        LedgerCalls.moveFromToMany(accounts, _key(id), currency, receivers, amounts);
    }

    function _distributeAll(SplitId id, Split storage split) private {
        uint256 count = split.currencies.length;
        for (uint256 i = 0; i < count; ++i) {
            _distribute(id, split, split.currencies[i]);
        }
    }

    /// @dev Refuses receivers that could block the others (zero, the ledger) or that nobody could ever pay out of
    ///      again (the split's own account, this contract).
    function _writePayees(address account, Payee[] calldata payees) private returns (address payeeList) {
        uint256 count = payees.length;
        if (count == 0) revert Splitter_NoPayees();
        if (count > MOST_PAYEES) revert Splitter_TooManyPayees(count, MOST_PAYEES);

        address[] memory receivers = new address[](count);
        uint256[] memory shares = new uint256[](count);
        uint256 sum;
        for (uint256 i = 0; i < count; ++i) {
            address payee = payees[i].account;
            if (payee == address(0) || payee == address(accounts) || payee == account || payee == address(this)) {
                revert Splitter_InvalidPayee(payee);
            }
            if (payees[i].share == 0) revert Splitter_ZeroShare(payee);
            for (uint256 j = 0; j < i; ++j) {
                if (receivers[j] == payee) revert Splitter_DuplicatePayee(payee);
            }
            receivers[i] = payee;
            shares[i] = payees[i].share;
            sum += shares[i];
        }
        return PayeeLists.write(receivers, shares, sum);
    }

    function _list(Split storage split, address currency) private {
        if (split.listed[currency]) revert Splitter_DuplicateCurrency(currency);
        if (split.currencies.length == MOST_CURRENCIES) {
            revert Splitter_TooManyCurrencies(MOST_CURRENCIES + 1, MOST_CURRENCIES);
        }
        split.listed[currency] = true;
        split.currencies.push(currency);
    }

    function _known(SplitId id) private view returns (Split storage split) {
        split = _splits[id];
        if (split.version == 0) revert Splitter_UnknownSplit(id);
    }

    function _controlled(SplitId id) private view returns (Split storage split) {
        split = _known(id);
        if (msg.sender != split.controller) revert Splitter_NotController(id, msg.sender, split.controller);
    }

    function _key(SplitId id) private pure returns (bytes32) {
        return bytes32(uint256(SplitId.unwrap(id)));
    }
}
