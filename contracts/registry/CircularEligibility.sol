// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IEligibility} from "../interfaces/IEligibility.sol";
import {IEndOfLife} from "../interfaces/IEndOfLife.sol";
import {AssetId} from "../types/Identifiers.sol";

/// @title The default policy: an admitted provider, a material passport, and somebody who takes the machine back.
/// @dev Keeps nothing and has no authority; the list of providers that it asks is governance's.
contract CircularEligibility is IEligibility {
    IEligibility public immutable providers;
    IAssetRegistry public immutable assets;
    IEndOfLife public immutable endOfLife;

    constructor(IEligibility providers_, IAssetRegistry assets_, IEndOfLife endOfLife_) {
        providers = providers_;
        assets = assets_;
        endOfLife = endOfLife_;
    }

    /// @inheritdoc IEligibility
    function refusal(AssetId asset, address provider) external view returns (bytes32 reason) {
        reason = providers.refusal(asset, provider);
        if (reason != 0) return reason;
        if (assets.passportHashOf(asset) == 0) return "no material passport";
        if (endOfLife.takeBackBy(asset) == address(0)) return "no take-back promised";
    }
}
