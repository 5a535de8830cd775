// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEligibility} from "./IEligibility.sol";

/// @title The first eligibility policy: a list of admitted providers kept by governance.
/// @notice It decides who may offer from now on. It cannot touch an agreement, a balance or a title.
interface IEligibilityList is IEligibility {
    event ProviderAdmitted(address indexed provider);
    event ProviderDismissed(address indexed provider);

    error Eligibility_AlreadyAdmitted(address provider);
    error Eligibility_NotAdmitted(address provider);

    // Governance

    function admit(address provider) external;
    function dismiss(address provider) external;

    function isAdmitted(address provider) external view returns (bool);
}
