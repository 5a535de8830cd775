// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SplitId} from "../types/Identifiers.sol";

/// @title How the fees of assets are shared. A split's undistributed fees are the balance of its sub-account in PrepaidAccounts.
/// @notice Per (split, version, currency) one total T; a payee gets floor(T₁·s/S) − floor(T₀·s/S), so slicing never pays more
///         than one shot and each payee is within one unit of its entitlement (I-7). What floors leave (fewer units than payees)
///         stays in the sub-account and is the next distribution's, or the next version's, first receipt.
interface IFeeSplitter {
    struct Payee {
        address account;
        uint96 share;
    }

    event SplitCreated(SplitId indexed split, address indexed controller, Payee[] payees, address[] currencies);
    event SharesChanged(SplitId indexed split, uint32 version, Payee[] payees);
    event CurrencyListed(SplitId indexed split, address indexed currency);
    event ControlTransferred(SplitId indexed split, address indexed from, address indexed to);
    event Distributed(SplitId indexed split, uint32 version, address indexed currency, uint256 total, uint256 paid);

    error Splitter_UnknownSplit(SplitId split);
    error Splitter_NotController(SplitId split, address caller, address controller);
    error Splitter_NoPayees();
    error Splitter_TooManyPayees(uint256 count, uint256 most);
    error Splitter_InvalidPayee(address account);
    error Splitter_DuplicatePayee(address account);
    error Splitter_ZeroShare(address account);
    error Splitter_NoCurrencies();
    error Splitter_TooManyCurrencies(uint256 count, uint256 most);
    error Splitter_DuplicateCurrency(address currency);
    error Splitter_ZeroController();

    /// @param controller Who may change shares; zero makes the split fixed for ever.
    /// @param currencies Listed currencies, 1 to 8. An offer's currency must be listed by the asset's split.
    function create(address controller, Payee[] calldata payees, address[] calldata currencies)
        external
        returns (SplitId);

    /// @notice Pays out every listed currency under the old shares, then starts a new version at T = 0.
    function changeShares(SplitId split, Payee[] calldata payees) external;
    function listCurrency(SplitId split, address currency) external;
    function transferControl(SplitId split, address to) external;

    /// @notice Anyone may call; nobody can pause it.
    /// @return paid Units that left the sub-account.
    function distribute(SplitId split, address currency) external returns (uint256 paid);
    function distributeAll(SplitId split) external;

    function exists(SplitId split) external view returns (bool);
    function controllerOf(SplitId split) external view returns (address);
    function versionOf(SplitId split) external view returns (uint32);
    function payeesOf(SplitId split) external view returns (Payee[] memory);
    function currenciesOf(SplitId split) external view returns (address[] memory);
    function lists(SplitId split, address currency) external view returns (bool);
    /// @return total T of the present version: everything received under it that was distributed or set aside as remainder.
    function totalOf(SplitId split, address currency) external view returns (uint256 total);
    function undistributed(SplitId split, address currency) external view returns (uint256);
    /// @notice Where the fees of `split` arrive.
    function accountOf(SplitId split) external view returns (address);
}
