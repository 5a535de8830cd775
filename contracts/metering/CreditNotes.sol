// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {ICreditNotes} from "../interfaces/ICreditNotes.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {ITariffBook} from "../interfaces/ITariffBook.sol";
import {IUsageAgreements} from "../interfaces/IUsageAgreements.sol";
import {AgreementId} from "../types/Identifiers.sol";

/// @title Corrections of bills. Holds no money and has no power beyond the provider's own allowance.
contract CreditNotes is ICreditNotes {
    IPrepaidAccounts private immutable ACCOUNTS;
    IAssetRegistry private immutable ASSETS;
    ITariffBook private immutable TARIFFS;
    IUsageAgreements private immutable AGREEMENTS;

    mapping(AgreementId => uint256) private _credited;

    constructor(IPrepaidAccounts accounts, IAssetRegistry assets, ITariffBook tariffs, IUsageAgreements agreements) {
        ACCOUNTS = accounts;
        ASSETS = assets;
        TARIFFS = tariffs;
        AGREEMENTS = agreements;
    }

    /// @inheritdoc ICreditNotes
    function creditNote(AgreementId id, uint32 sequence, uint256 amount, bytes32 reason) external {
        IUsageAgreements.Agreement memory agreement = AGREEMENTS.agreementOf(id);
        address provider = ASSETS.providerOf(agreement.asset);
        if (msg.sender != provider) revert Credits_NotProvider(id, msg.sender, provider);
        if (amount == 0) revert Credits_ZeroAmount(id);
        uint256 credited = _credited[id] + amount;
        uint256 settled = AGREEMENTS.stateOf(id).settled();
        if (credited > settled) revert Credits_AboveSettled(id, credited, settled);
        _credited[id] = credited;
        emit CreditNoteIssued(id, sequence, provider, agreement.customer, amount, reason);
        uint256 currency = uint160(TARIFFS.tariffOf(agreement.tariff).currency);
        ACCOUNTS.transferFrom(provider, agreement.customer, currency, amount);
    }

    /// @inheritdoc ICreditNotes
    function recordDispute(AgreementId id, uint32 sequence, bytes32 documentHash, string calldata uri) external {
        address customer = AGREEMENTS.agreementOf(id).customer;
        if (msg.sender != customer) revert Credits_NotCustomer(id, msg.sender, customer);
        emit DisputeRecorded(id, sequence, customer, documentHash, uri);
    }

    /// @inheritdoc ICreditNotes
    function creditedOf(AgreementId id) external view returns (uint256) {
        return _credited[id];
    }
}
