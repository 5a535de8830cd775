// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetId} from "../types/Identifiers.sol";
import {OrderKind} from "../types/Service.sol";

/// @title What a machine's lienholder is asked before somebody decides about the machine in its place.
/// @notice Only a lienholder that says by ERC-165 that it wants to be asked is; its error is the refusal.
interface ILienholder {
    /// @notice By MeterRegistry, before `signer` may sign permits to run the asset.
    function checkPermitSigner(AssetId asset, address signer) external view;

    /// @notice By ServiceMarket, before `amount` of `currency` leaves the asset's reserve for an order that `worker` gets.
    function useReserve(AssetId asset, OrderKind kind, address worker, address currency, uint256 amount) external;
}
