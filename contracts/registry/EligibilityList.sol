// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IEligibility} from "../interfaces/IEligibility.sol";
import {IEligibilityList} from "../interfaces/IEligibilityList.sol";
import {AssetId} from "../types/Identifiers.sol";

/// @title List of admitted providers; see IEligibilityList.
contract EligibilityList is IEligibilityList, AccessManaged {
    /// @inheritdoc IEligibilityList
    mapping(address provider => bool) public isAdmitted;

    constructor(address authority) AccessManaged(authority) {}

    /// @inheritdoc IEligibilityList
    function admit(address provider) external restricted {
        if (isAdmitted[provider]) revert Eligibility_AlreadyAdmitted(provider);
        isAdmitted[provider] = true;
        emit ProviderAdmitted(provider);
    }

    /// @inheritdoc IEligibilityList
    function dismiss(address provider) external restricted {
        if (!isAdmitted[provider]) revert Eligibility_NotAdmitted(provider);
        isAdmitted[provider] = false;
        emit ProviderDismissed(provider);
    }

    /// @inheritdoc IEligibility
    function refusal(AssetId, address provider) external view returns (bytes32 reason) {
        return isAdmitted[provider] ? bytes32(0) : bytes32("provider not admitted");
    }
}
