// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC6909, IERC6909Metadata, IERC6909TokenSupply} from "@openzeppelin/contracts/interfaces/IERC6909.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ERC6909} from "@openzeppelin/contracts/token/ERC6909/ERC6909.sol";
import {SelfEndingPause} from "../shared/SelfEndingPause.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {Subaccounts} from "../libraries/Subaccounts.sol";
import {SignedForms} from "../shared/SignedForms.sol";
import {Allow, Withdraw, hashAllow, hashWithdraw} from "../types/AccountForms.sol";

/// @dev The guard is on every function that moves a balance. What a token could still call while it is being
///      called (approve, setOperator, cancelNonce) touches only permissions over the token's own account.
///      Permissions are OpenZeppelin's; balances are kept here, by currency first, so that a movement between accounts hashes once
///      for each of them and a sum paid to many is debited once (contracts/README.md). OpenZeppelin's own stay empty.
contract PrepaidAccounts is
    IPrepaidAccounts,
    ERC6909,
    IERC6909Metadata,
    IERC6909TokenSupply,
    SignedForms,
    AccessManaged,
    SelfEndingPause,
    ReentrancyGuardTransient
{
    using SafeERC20 for IERC20;

    /// @dev Keeps every balance below 2^128, which is what the arithmetic of splits and tranches rests on.
    uint256 private constant MOST_CREDIT = type(uint128).max;

    mapping(address currency => bool) private _admitted;
    mapping(uint256 id => mapping(address owner => uint256)) private _credit;
    mapping(uint256 id => uint256) private _supply;

    constructor(address authority_) AccessManaged(authority_) {}

    // Entries

    /// @inheritdoc IPrepaidAccounts
    function deposit(address currency, address owner, uint256 amount) external whenNotPaused nonReentrant {
        _deposit(currency, msg.sender, owner, amount);
    }

    /// @inheritdoc IPrepaidAccounts
    function depositWithPermit(
        address currency,
        address owner,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external whenNotPaused nonReentrant {
        // A wallet may have a standing token allowance to this contract: only those who could spend the credit
        // may turn it into credit.
        if (msg.sender != owner && allowance(owner, msg.sender, _id(currency)) < amount) {
            revert Accounts_NotAllowedToDepositFor(msg.sender, owner, amount);
        }
        if (!_admitted[currency]) revert Accounts_CurrencyNotAdmitted(currency);

        // The permit may have been spent by a front-runner, or the token may know no permits and answer all calls:
        // what counts is the token allowance that is there afterwards.
        try IERC20Permit(currency).permit(owner, address(this), amount, deadline, v, r, s) {} catch {}
        uint256 tokenAllowance = IERC20(currency).allowance(owner, address(this));
        if (tokenAllowance < amount) revert Accounts_PermitFailed(owner, currency, amount, tokenAllowance);

        _deposit(currency, owner, owner, amount);
    }

    // Exits

    /// @inheritdoc IPrepaidAccounts
    function withdraw(address currency, uint256 amount, address to) external nonReentrant {
        _withdraw(msg.sender, currency, amount, to);
    }

    /// @inheritdoc IPrepaidAccounts
    function withdrawSigned(Withdraw calldata form, bytes calldata signature) external nonReentrant {
        _consumeForm(form.owner, hashWithdraw(form), form.nonce, form.deadline, signature);
        _withdraw(form.owner, form.currency, form.amount, form.to);
    }

    /// @inheritdoc IERC6909
    function transfer(address receiver, uint256 id, uint256 amount)
        public
        override(ERC6909, IERC6909)
        nonReentrant
        returns (bool)
    {
        return super.transfer(receiver, id, amount);
    }

    /// @inheritdoc IERC6909
    function transferFrom(address sender, address receiver, uint256 id, uint256 amount)
        public
        override(ERC6909, IERC6909)
        nonReentrant
        returns (bool)
    {
        return super.transferFrom(sender, receiver, id, amount);
    }

    // Powers over an account

    /// @inheritdoc IPrepaidAccounts
    function allow(Allow calldata form, bytes calldata signature) external nonReentrant {
        uint256 id = _id(form.currency);
        if (isNonceUsed(form.owner, form.nonce) && allowance(form.owner, form.spender, id) >= form.amount) return;
        _consumeForm(form.owner, hashAllow(form), form.nonce, form.deadline, signature);
        _approve(form.owner, form.spender, id, form.amount);
    }

    /// @inheritdoc IPrepaidAccounts
    function moveFrom(bytes32 key, address to, address currency, uint256 amount) external nonReentrant {
        _transfer(subaccount(msg.sender, key), to, _id(currency), amount);
    }

    /// @inheritdoc IPrepaidAccounts
    function moveFromToMany(bytes32 key, address currency, address[] calldata receivers, uint256[] calldata amounts)
        external
        nonReentrant
    {
        if (receivers.length != amounts.length) {
            revert Accounts_LengthsDiffer(receivers.length, amounts.length);
        }
        address from = subaccount(msg.sender, key);
        uint256 id = _id(currency);
        mapping(address => uint256) storage credit = _credit[id];
        uint256 left = credit[from];
        // Nothing is taken that was not compared, and all credit of one currency together stays below 2^128.
        unchecked {
            for (uint256 i = 0; i < receivers.length; ++i) {
                (address to, uint256 amount) = (receivers[i], amounts[i]);
                if (to == address(0)) revert ERC6909InvalidReceiver(to);
                if (to == address(this)) revert Accounts_InvalidReceiver(to);
                if (amount > left) revert ERC6909InsufficientBalance(from, left, amount, id);
                if (to != from) {
                    left -= amount;
                    credit[to] += amount;
                }
                emit Transfer(msg.sender, from, to, id, amount);
            }
        }
        credit[from] = left;
    }

    // Governance

    /// @inheritdoc IPrepaidAccounts
    function admitCurrency(address currency) external restricted {
        if (_admitted[currency]) revert Accounts_CurrencyAlreadyAdmitted(currency);
        (bool hasDecimals,) = IERC20(currency).tryGetDecimals();
        if (!hasDecimals) revert Accounts_NotAToken(currency);
        _admitted[currency] = true;
        emit CurrencyAdmitted(currency);
    }

    /// @inheritdoc IPrepaidAccounts
    function pause() external restricted {
        _pause();
    }

    /// @inheritdoc IPrepaidAccounts
    function unpause() external restricted {
        _unpause();
    }

    // Views

    /// @inheritdoc IPrepaidAccounts
    function isAdmitted(address currency) external view returns (bool) {
        return _admitted[currency];
    }

    /// @inheritdoc IPrepaidAccounts
    function totalSupply(uint256 id) public view override(IERC6909TokenSupply, IPrepaidAccounts) returns (uint256) {
        return _supply[id];
    }

    /// @inheritdoc IERC6909
    function balanceOf(address owner, uint256 id) public view override(ERC6909, IERC6909) returns (uint256) {
        return _credit[id][owner];
    }

    /// @inheritdoc IERC6909Metadata
    function name(uint256 id) external view returns (string memory) {
        return _token(id).name();
    }

    /// @inheritdoc IERC6909Metadata
    function symbol(uint256 id) external view returns (string memory) {
        return _token(id).symbol();
    }

    /// @inheritdoc IERC6909Metadata
    function decimals(uint256 id) external view returns (uint8) {
        return _token(id).decimals();
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view override(ERC6909, IERC165) returns (bool) {
        return interfaceId == type(IERC6909Metadata).interfaceId || interfaceId == type(IERC6909TokenSupply).interfaceId
            || super.supportsInterface(interfaceId);
    }

    /// @inheritdoc IPrepaidAccounts
    function subaccount(address module, bytes32 key) public pure returns (address) {
        return Subaccounts.derive(module, key);
    }

    // Internals

    /// @dev Credit is what arrived, and what arrived must be what was announced: never more credit than tokens (I-1).
    function _deposit(address currency, address payer, address owner, uint256 amount) private {
        uint256 id = _id(currency);
        if (amount == 0) revert Accounts_ZeroAmount();
        if (!_admitted[currency]) revert Accounts_CurrencyNotAdmitted(currency);
        _checkReceiver(owner);
        uint256 credit = totalSupply(id);
        if (amount > MOST_CREDIT - credit) revert Accounts_CreditTooLarge(currency, credit, amount, MOST_CREDIT);

        uint256 before = IERC20(currency).balanceOf(address(this));
        IERC20(currency).safeTransferFrom(payer, address(this), amount);
        uint256 afterwards = IERC20(currency).balanceOf(address(this));
        if (afterwards < before || afterwards - before != amount) {
            revert Accounts_DeliveredOther(currency, amount, afterwards < before ? 0 : afterwards - before);
        }

        _mint(owner, id, amount);
        emit Deposited(payer, owner, currency, amount);
    }

    /// @dev The debit comes before the token is called. A token that takes another amount than asked for is refused:
    ///      more would be paid by all other accounts (I-1), less would be lost by this one.
    function _withdraw(address owner, address currency, uint256 amount, address to) private {
        if (amount == 0) revert Accounts_ZeroAmount();
        _checkReceiver(to);

        _burn(owner, _id(currency), amount);
        emit Withdrawn(owner, currency, to, amount);

        uint256 before = IERC20(currency).balanceOf(address(this));
        IERC20(currency).safeTransfer(to, amount);
        uint256 afterwards = IERC20(currency).balanceOf(address(this));
        if (afterwards > before || before - afterwards != amount) {
            revert Accounts_DeliveredOther(currency, amount, afterwards > before ? 0 : before - afterwards);
        }
    }

    /// @dev The ledger has no use for an account of its own: what got there could never leave.
    function _update(address from, address to, uint256 id, uint256 amount) internal override {
        if (to == address(this)) revert Accounts_InvalidReceiver(to);
        mapping(address => uint256) storage credit = _credit[id];
        // Nothing is taken that was not compared, a supply is no less than any balance in it, and `_deposit` keeps it below 2^128.
        unchecked {
            if (from == address(0)) {
                _supply[id] += amount;
            } else {
                uint256 balance = credit[from];
                if (amount > balance) revert ERC6909InsufficientBalance(from, balance, amount, id);
                credit[from] = balance - amount;
            }
            if (to == address(0)) _supply[id] -= amount;
            else credit[to] += amount;
        }
        emit Transfer(msg.sender, from, to, id, amount);
    }

    function _checkReceiver(address to) private view {
        if (to == address(0) || to == address(this)) revert Accounts_InvalidReceiver(to);
    }

    function _token(uint256 id) private view returns (IERC20Metadata) {
        // Ids beyond an address are refused on the next line.
        // forge-lint: disable-next-line(unsafe-typecast)
        address currency = address(uint160(id));
        if (_id(currency) != id || !_admitted[currency]) revert Accounts_UnknownId(id);
        return IERC20Metadata(currency);
    }

    function _id(address currency) private pure returns (uint256) {
        return uint256(uint160(currency));
    }
}
