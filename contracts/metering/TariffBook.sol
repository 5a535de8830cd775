// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {ITariffBook} from "../interfaces/ITariffBook.sol";
import {TariffMath} from "../libraries/TariffMath.sol";
import {TariffPages} from "../libraries/TariffPages.sol";
import {TariffId} from "../types/Identifiers.sol";
import {Record} from "../types/MeterForms.sol";
import {KIND_RESULT, Rates, Tariff} from "../types/Tariff.sol";

/// @title Immutable published price lists; see ITariffBook.
/// @dev Anyone publishes; a tariff binds nobody until a provider offers an asset under it and a customer opens.
contract TariffBook is ITariffBook {
    uint32 public constant LONGEST_NOTICE = 30 days;
    uint32 public constant LONGEST_MINIMUM_TERM = 5 * 365 days;
    uint16 private constant ALL_BPS = 10_000;

    IPrepaidAccounts public immutable accounts;

    /// @inheritdoc ITariffBook
    uint32 public tariffCount;
    /// @inheritdoc ITariffBook
    mapping(TariffId => address) public publisherOf;

    constructor(IPrepaidAccounts accounts_) {
        accounts = accounts_;
    }

    /// @inheritdoc ITariffBook
    function publish(Tariff calldata terms) external returns (TariffId tariff) {
        _checkCharges(terms);
        _checkTimes(terms);
        _checkTax(terms);
        if (terms.kind > KIND_RESULT) revert Tariffs_UnknownKind(terms.kind);
        if (terms.termsHash == bytes32(0)) revert Tariffs_ZeroTermsHash();
        if (!accounts.isAdmitted(terms.currency)) revert Tariffs_CurrencyNotAdmitted(terms.currency);

        tariff = TariffId.wrap(++tariffCount);
        TariffPages.write(tariff, terms);
        publisherOf[tariff] = msg.sender;
        emit TariffPublished(tariff, msg.sender, terms);
    }

    /// @inheritdoc ITariffBook
    function tariffOf(TariffId tariff) external view returns (Tariff memory) {
        _requireKnown(tariff);
        return TariffPages.read(address(this), tariff);
    }

    /// @inheritdoc ITariffBook
    function unusedDaysOf(TariffId tariff) external view returns (uint32) {
        return publisherOf[tariff] == address(0) ? 0 : TariffPages.read(address(this), tariff).unusedDays;
    }

    /// @inheritdoc ITariffBook
    function quote(TariffId tariff, uint48[4] calldata registers, uint32 elapsed)
        external
        view
        returns (uint80 charge)
    {
        _requireKnown(tariff);
        Rates memory rates;
        TariffPages.load(address(this), tariff, rates);
        Record memory reading;
        reading.register0 = registers[0];
        reading.register1 = registers[1];
        reading.register2 = registers[2];
        reading.register3 = registers[3];
        return uint80(TariffMath.charge(rates, reading, elapsed));
    }

    function _requireKnown(TariffId tariff) private view {
        if (publisherOf[tariff] == address(0)) revert Tariffs_Unknown(tariff);
    }

    /// @dev A hold must back twice what can be charged while a reading is sealed, settled and answered by a new permit;
    ///      otherwise a device at full load would stop although the customer has money.
    function _checkCharges(Tariff calldata terms) private pure {
        if (
            (terms.pricePerMillion0 | terms.pricePerMillion1 | terms.pricePerMillion2 | terms.pricePerMillion3
                        | terms.standingPerDay) == 0
        ) revert Tariffs_NothingCharged();
        if (terms.maxChargePerHour == 0) revert Tariffs_ZeroHourlyMaximum();
        if (terms.standingPerDay > 24 * uint256(terms.maxChargePerHour)) {
            revert Tariffs_StandingAboveHourlyMaximum(terms.standingPerDay, terms.maxChargePerHour);
        }
        if (terms.holdTarget == 0) revert Tariffs_ZeroHoldTarget();
        uint256 least = Math.ceilDiv(2 * uint256(terms.maxChargePerHour) * terms.deliveryTime, 1 hours);
        if (terms.holdTarget < least) revert Tariffs_HoldTargetTooLow(terms.holdTarget, least);
    }

    /// @dev A permit issued just before an end is announced must run out and its last reading arrive before the end.
    function _checkTimes(Tariff calldata terms) private pure {
        if (terms.permitValidity == 0) revert Tariffs_ZeroPermitValidity();
        uint256 least = uint256(terms.permitValidity) + terms.deliveryTime;
        if (terms.notice < least) revert Tariffs_NoticeTooShort(terms.notice, least);
        if (terms.notice > LONGEST_NOTICE) revert Tariffs_NoticeTooLong(terms.notice, LONGEST_NOTICE);
        if (terms.minimumTerm > LONGEST_MINIMUM_TERM) {
            revert Tariffs_MinimumTermTooLong(terms.minimumTerm, LONGEST_MINIMUM_TERM);
        }
    }

    /// @dev The charge is what is taken; a rate only explains what part of it is tax.
    function _checkTax(Tariff calldata terms) private pure {
        if (terms.taxBps > ALL_BPS) revert Tariffs_TaxTooHigh(terms.taxBps);
        if (terms.taxBps != 0 && !terms.taxIncluded) revert Tariffs_TaxNotIncluded(terms.taxBps);
    }
}
