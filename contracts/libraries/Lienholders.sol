// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC165Checker} from "@openzeppelin/contracts/utils/introspection/ERC165Checker.sol";
import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {ILienholder} from "../interfaces/ILienholder.sol";
import {AssetId} from "../types/Identifiers.sol";

/// @title Which lienholders are asked before somebody decides about a machine.
library Lienholders {
    /// @return The asset's lienholder if it says by ERC-165 that it is an ILienholder, else zero: a person, a bank's multi-signature
    ///         wallet or a contract that fails is not asked, and can stop nothing by it.
    function toAsk(IAssetRegistry assets, AssetId asset) internal view returns (ILienholder) {
        address lienholder = assets.lienholderOf(asset);
        bool wantsToBeAsked = lienholder.code.length != 0
            && ERC165Checker.supportsERC165InterfaceUnchecked(lienholder, type(ILienholder).interfaceId);
        return ILienholder(wantsToBeAsked ? lienholder : address(0));
    }
}
