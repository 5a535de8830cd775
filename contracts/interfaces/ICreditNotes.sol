// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AgreementId} from "../types/Identifiers.sol";

/// @title Wrong bills: what a customer disputes and what a provider returns.
/// @notice Settled charges never change; a correction is a new entry. Needs the provider's allowance to this contract.
interface ICreditNotes {
    event CreditNoteIssued(
        AgreementId indexed agreement,
        uint32 sequence,
        address indexed provider,
        address indexed customer,
        uint256 amount,
        bytes32 reason
    );
    event DisputeRecorded(
        AgreementId indexed agreement, uint32 sequence, address indexed customer, bytes32 documentHash, string uri
    );

    error Credits_NotProvider(AgreementId agreement, address caller, address provider);
    error Credits_NotCustomer(AgreementId agreement, address caller, address customer);
    error Credits_ZeroAmount(AgreementId agreement);
    error Credits_AboveSettled(AgreementId agreement, uint256 credited, uint256 settled);

    /// @notice By the present title owner, from its account to the customer's; in sum never more than was settled.
    function creditNote(AgreementId agreement, uint32 sequence, uint256 amount, bytes32 reason) external;
    /// @notice By the customer; moves nothing, stays on record.
    function recordDispute(AgreementId agreement, uint32 sequence, bytes32 documentHash, string calldata uri) external;
    function creditedOf(AgreementId agreement) external view returns (uint256);
}
