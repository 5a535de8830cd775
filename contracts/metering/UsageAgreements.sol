// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IFeeSplitter} from "../interfaces/IFeeSplitter.sol";
import {IMeterRegistry} from "../interfaces/IMeterRegistry.sol";
import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {ITariffBook} from "../interfaces/ITariffBook.sol";
import {IUsageAgreements} from "../interfaces/IUsageAgreements.sol";
import {SetCap, Suspend, hashSetCap, hashSuspend} from "../types/AccountForms.sol";
import {AgreementState, Kept} from "../types/AgreementState.sol";
import {AgreementId, AssetId} from "../types/Identifiers.sol";
import {Reading, hashReading} from "../types/MeterForms.sol";
import {AgreementStore} from "./AgreementStore.sol";
import {Endings} from "./Endings.sol";
import {Opening} from "./Opening.sol";

/// @title Pay per use. Opening, Settlement and Endings are one contract in three files; this one adds what a
///        customer sets while an agreement runs, and views. Nobody has authority over it.
contract UsageAgreements is Opening, Endings, Multicall {
    constructor(
        IPrepaidAccounts accounts,
        IAssetRegistry assets,
        IMeterRegistry meters,
        ITariffBook tariffs,
        IOfferBook offers,
        IFeeSplitter splitter,
        address community
    ) AgreementStore(accounts, assets, meters, tariffs, offers, splitter, community) {}

    // Customer

    /// @inheritdoc IUsageAgreements
    function setCap(AgreementId id, uint80 capPerPeriod, uint32 period) external {
        _setCap(id, msg.sender, capPerPeriod, period);
    }

    /// @inheritdoc IUsageAgreements
    function setCapSigned(SetCap calldata form, bytes calldata signature) external {
        address customer = _agreements[form.agreementId].customer;
        _consumeForm(customer, hashSetCap(form), form.nonce, form.deadline, signature);
        _setCap(form.agreementId, customer, form.capPerPeriod, form.period);
    }

    /// @inheritdoc IUsageAgreements
    function suspend(AgreementId id, bool on) external {
        _suspend(id, msg.sender, on);
    }

    /// @inheritdoc IUsageAgreements
    function suspendSigned(Suspend calldata form, bytes calldata signature) external {
        address customer = _agreements[form.agreementId].customer;
        _consumeForm(customer, hashSuspend(form), form.nonce, form.deadline, signature);
        _suspend(form.agreementId, customer, form.on);
    }

    /// @inheritdoc IUsageAgreements
    function nameDelegate(AgreementId id, address delegate) external {
        (Agreement memory agreement,) = _agreement(id);
        _requireCustomer(id, msg.sender, agreement.customer);
        _agreements[id].delegate = delegate;
        emit DelegateNamed(id, delegate);
    }

    // Views

    /// @inheritdoc IUsageAgreements
    function multicall(bytes[] calldata calls)
        public
        override(IUsageAgreements, Multicall)
        returns (bytes[] memory results)
    {
        return super.multicall(calls);
    }

    /// @inheritdoc IUsageAgreements
    function stateOf(AgreementId id) external view returns (AgreementState) {
        (, Kept storage kept) = _agreement(id);
        return kept.state;
    }

    /// @inheritdoc IUsageAgreements
    function agreementOf(AgreementId id) external view returns (Agreement memory agreement) {
        (agreement,) = _agreement(id);
    }

    /// @inheritdoc IUsageAgreements
    function endingOf(AgreementId id) external view returns (Ending memory) {
        return _ending(id);
    }

    /// @inheritdoc IUsageAgreements
    function capOf(AgreementId id) external view returns (Cap memory) {
        return _cap(id);
    }

    /// @inheritdoc IUsageAgreements
    function agreementCount() external view returns (uint64) {
        return _agreementCount;
    }

    /// @inheritdoc IUsageAgreements
    function openAgreementsOf(AssetId asset) external view returns (uint256) {
        return _uses[asset].openCount;
    }

    /// @inheritdoc IUsageAgreements
    function exclusiveAgreementOf(AssetId asset) external view returns (AgreementId) {
        return _uses[asset].exclusive;
    }

    /// @inheritdoc IUsageAgreements
    function longestNoticeOf(AssetId asset) external view returns (uint32) {
        return _uses[asset].longestNotice;
    }

    /// @inheritdoc IUsageAgreements
    function heldIn(address currency) external view returns (uint256) {
        return _held[currency];
    }

    /// @inheritdoc IUsageAgreements
    function digestOfReading(Reading calldata reading) external view returns (bytes32) {
        return _hashTypedDataV4(hashReading(reading));
    }

    // Gifts

    /// @inheritdoc IUsageAgreements
    function skimSurplus(address currency) external returns (uint256 amount) {
        amount = ACCOUNTS.balanceOf(HOLDS_ACCOUNT, _id(currency)) - _held[currency];
        if (amount == 0) revert Agreements_ZeroAmount();
        emit SurplusSkimmed(currency, COMMUNITY, amount);
        _payFromHoldsAccount(COMMUNITY, currency, amount);
    }

    /// @dev Counting goes on in the present period, so a new cap is no way around the old one.
    function _setCap(AgreementId id, address by, uint80 capPerPeriod, uint32 period) private {
        (Agreement memory agreement, Kept storage kept) = _agreement(id);
        _requireCustomer(id, by, agreement.customer);
        Cap memory cap = _capNow(id, kept.state);
        if (period != cap.period) {
            cap.period = period;
            cap.periodIndex = period == 0 ? 0 : uint32((block.timestamp - kept.state.openedAt()) / period);
        }
        cap.capPerPeriod = capPerPeriod;
        _caps[id] = cap;
        emit CapSet(id, capPerPeriod, period);
    }

    function _suspend(AgreementId id, address by, bool on) private {
        (Agreement memory agreement, Kept storage kept) = _agreement(id);
        _requireCustomer(id, by, agreement.customer);
        Ending memory ending = _ending(id);
        if (ending.closed) revert Agreements_AlreadyClosed(id);
        ending.suspended = on;
        _writeEnding(id, kept, ending);
        emit SuspensionChanged(id, on);
    }
}
