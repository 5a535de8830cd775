// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEligibility} from "../../interfaces/IEligibility.sol";
import {IMembership} from "../../interfaces/IMembership.sol";
import {AssetId} from "../../types/Identifiers.sol";
import {MemberClass} from "../../types/Membership.sol";

/// @title Who may offer: members of the class of providers. CircularEligibility asks it, and for passport and take-back besides.
contract MemberProviders is IEligibility {
    IMembership public immutable membership;

    constructor(IMembership membership_) {
        membership = membership_;
    }

    /// @inheritdoc IEligibility
    function refusal(AssetId, address provider) external view returns (bytes32 reason) {
        return membership.refusal(provider, MemberClass.Provider);
    }
}
