// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC6909} from "@openzeppelin/contracts/interfaces/IERC6909.sol";
import {ISignedForms} from "./ISignedForms.sol";
import {Allow, Withdraw} from "../types/AccountForms.sol";

/// @title The one contract that holds tokens: a multi-currency ledger of prepaid balances (ERC-6909, id = currency address).
/// @notice A balance leaves an account only by its owner, by a spender within its allowance or, for a sub-account, by its
///         own module (I-2). Nobody can pause, block or delay a withdrawal (promise 5). There is no fee (promise 4).
interface IPrepaidAccounts is IERC6909, ISignedForms {
    event CurrencyAdmitted(address indexed currency);
    event Deposited(address indexed payer, address indexed owner, address indexed currency, uint256 amount);
    event Withdrawn(address indexed owner, address indexed currency, address to, uint256 amount);

    error Accounts_CurrencyNotAdmitted(address currency);
    error Accounts_CurrencyAlreadyAdmitted(address currency);
    error Accounts_NotAToken(address currency);
    error Accounts_ZeroAmount();
    error Accounts_DeliveredOther(address currency, uint256 announced, uint256 delivered);
    error Accounts_NotAllowedToDepositFor(address caller, address owner, uint256 amount);
    error Accounts_PermitFailed(address owner, address currency, uint256 amount, uint256 allowance);
    error Accounts_InvalidReceiver(address to);
    error Accounts_LengthsDiffer(uint256 receivers, uint256 amounts);
    error Accounts_CreditTooLarge(address currency, uint256 credited, uint256 amount, uint256 most);
    error Accounts_UnknownId(uint256 id);

    // Entries (pausable)

    /// @notice Takes `amount` of `currency` from the caller's wallet into `owner`'s account. What the token delivers must be
    ///         exactly `amount`; all credit of one currency together stays below 2^128.
    function deposit(address currency, address owner, uint256 amount) external;

    /// @notice Takes `amount` from `owner`'s wallet into `owner`'s account with an ERC-2612 permit. The caller is the owner
    ///         or a spender whose allowance covers `amount`. A permit already used by a front-runner does no harm.
    function depositWithPermit(
        address currency,
        address owner,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    // Exits (never pausable)

    /// @notice Pays `amount` out of the caller's account to the wallet `to`, at once.
    function withdraw(address currency, uint256 amount, address to) external;
    /// @notice The same by the owner's signature; anyone may carry it.
    function withdrawSigned(Withdraw calldata form, bytes calldata signature) external;

    // Powers over an account

    /// @notice Sets (does not add) an allowance by the owner's signature. A used nonce is a no-op where the allowance suffices.
    function allow(Allow calldata form, bytes calldata signature) external;

    /// @notice Moves from the calling module's own sub-account; nobody else can.
    function moveFrom(bytes32 key, address to, address currency, uint256 amount) external;
    function moveFromToMany(bytes32 key, address currency, address[] calldata receivers, uint256[] calldata amounts)
        external;

    // Views

    function subaccount(address module, bytes32 key) external pure returns (address);
    function isAdmitted(address currency) external view returns (bool);
    /// @notice Credited minus withdrawn; I-1 says this equals the sum of all balances and never exceeds the token balance.
    function totalSupply(uint256 id) external view returns (uint256);

    // Governance

    /// @dev Restricted to the listing role.
    function admitCurrency(address currency) external;
    /// @dev Restricted to the guardian role. Stops `deposit` and `depositWithPermit` only.
    function pause() external;
    function unpause() external;
}
