// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IUsageAgreements} from "../interfaces/IUsageAgreements.sol";
import {ReadingCodec} from "../libraries/ReadingCodec.sol";
import {SignedForms} from "../shared/SignedForms.sol";
import {Allow, OpenAgreement, hashOpenAgreement} from "../types/AccountForms.sol";
import {AgreementState, packState} from "../types/AgreementState.sol";
import {AgreementId, AssetId, NO_AGREEMENT, TariffId} from "../types/Identifiers.sol";
import {Rates} from "../types/Tariff.sol";
import {AgreementStore} from "./AgreementStore.sol";

/// @title From a listed offer and a prepaid balance to an agreement with a hold.
abstract contract Opening is AgreementStore, SignedForms {
    /// What a customer asks for; the same for both ways of asking.
    struct Terms {
        AssetId asset;
        TariffId tariff;
        bool exclusive;
        uint80 hold;
        uint80 capPerPeriod;
        uint32 period;
    }

    /// @inheritdoc IUsageAgreements
    function open(AssetId asset, TariffId tariff, bool exclusive, uint80 hold, uint80 capPerPeriod, uint32 period)
        external
        returns (AgreementId)
    {
        return _open(msg.sender, Terms(asset, tariff, exclusive, hold, capPerPeriod, period));
    }

    /// @inheritdoc IUsageAgreements
    function openSigned(OpenAgreement calldata form, bytes calldata signature) external returns (AgreementId) {
        _consumeForm(form.customer, hashOpenAgreement(form), form.nonce, form.deadline, signature);
        return _open(
            form.customer, Terms(form.assetId, form.tariffId, form.exclusive, form.hold, form.capPerPeriod, form.period)
        );
    }

    /// @inheritdoc IUsageAgreements
    function allow(Allow calldata form, bytes calldata signature) external {
        ACCOUNTS.allow(form, signature);
    }

    /// @inheritdoc IUsageAgreements
    function fund(address currency, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        ACCOUNTS.depositWithPermit(currency, msg.sender, amount, deadline, v, r, s);
    }

    function _open(address customer, Terms memory terms) private returns (AgreementId id) {
        Rates memory rates = _rates(terms.tariff);
        address currency = _currency(rates);
        OFFERS.requireOpenable(terms.asset, terms.tariff, terms.exclusive, currency);
        if (terms.hold < rates.holdTarget) revert Agreements_HoldBelowTarget(terms.hold, uint80(rates.holdTarget));
        if (terms.hold > terms.capPerPeriod) revert Agreements_HoldAboveCap(terms.hold, terms.capPerPeriod);

        id = AgreementId.wrap(++_agreementCount);
        _occupy(id, customer, terms, uint32(rates.notice));
        _agreements[id] = Agreement({
            customer: customer,
            asset: terms.asset,
            tariff: terms.tariff,
            delegate: address(0),
            gradeAtOpening: _grade(terms.asset),
            exclusive: terms.exclusive
        });
        _caps[id] =
            Cap({capPerPeriod: terms.capPerPeriod, period: terms.period, spentInPeriod: terms.hold, periodIndex: 0});
        AgreementState state = packState(false, 0, uint32(block.timestamp), 0, 0, terms.hold);
        _states[ReadingCodec.stateKey(id, terms.asset, terms.tariff)].state = state;
        emit AgreementOpened(
            id, terms.asset, customer, terms.tariff, terms.exclusive, terms.capPerPeriod, terms.period, state
        );

        _takeIntoHold(customer, currency, terms.hold);
    }

    /// @dev An exclusive agreement wants the asset alone; only the same customer may open beside it, while it is ending.
    function _occupy(AgreementId id, address customer, Terms memory terms, uint32 notice) private {
        AssetUse memory use = _uses[terms.asset];
        bool succeeds = use.exclusive != NO_AGREEMENT && _agreements[use.exclusive].customer == customer
            && _endings[use.exclusive].endAt != 0;
        bool isFree = terms.exclusive
            ? use.openCount == 0 || (succeeds && use.openCount == 1)
            : use.exclusive == NO_AGREEMENT || succeeds;
        if (!isFree) revert Agreements_AssetTaken(terms.asset, use.openCount);

        if (terms.exclusive) (use.predecessor, use.exclusive) = (use.exclusive, id);
        if (notice > use.longestNotice) use.longestNotice = notice;
        use.openCount += 1;
        _uses[terms.asset] = use;
    }
}
