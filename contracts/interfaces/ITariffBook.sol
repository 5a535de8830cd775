// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TariffId} from "../types/Identifiers.sol";
import {Tariff} from "../types/Tariff.sol";

/// @title Immutable published price lists. A new price is a new tariff.
interface ITariffBook {
    event TariffPublished(TariffId indexed tariff, address indexed publisher, Tariff terms);

    error Tariffs_Unknown(TariffId tariff);
    error Tariffs_CurrencyNotAdmitted(address currency);
    error Tariffs_UnknownKind(uint8 kind);
    error Tariffs_TaxNotIncluded(uint16 taxBps);
    error Tariffs_TaxTooHigh(uint16 taxBps);
    error Tariffs_ZeroHoldTarget();
    error Tariffs_NothingCharged();
    error Tariffs_ZeroHourlyMaximum();
    error Tariffs_StandingAboveHourlyMaximum(uint80 standingPerDay, uint80 maxChargePerHour);
    error Tariffs_NoticeTooShort(uint32 notice, uint256 least);
    error Tariffs_NoticeTooLong(uint32 notice, uint256 most);
    error Tariffs_HoldTargetTooLow(uint80 holdTarget, uint256 least);
    error Tariffs_ZeroPermitValidity();
    error Tariffs_MinimumTermTooLong(uint32 minimumTerm, uint256 most);
    error Tariffs_ZeroTermsHash();

    function publish(Tariff calldata terms) external returns (TariffId);
    /// @notice Reverts `Tariffs_Unknown` where there is none.
    function tariffOf(TariffId tariff) external view returns (Tariff memory);
    /// @return Days without usage after which an announced end stands; zero: the tariff has no such rule, or is unknown.
    function unusedDaysOf(TariffId tariff) external view returns (uint32);
    function tariffCount() external view returns (uint32);
    function publisherOf(TariffId tariff) external view returns (address);
    /// @notice Cumulative charge since opening in base units: usage and standing part, each rounded down once, capped at 2^80−1.
    function quote(TariffId tariff, uint48[4] calldata registers, uint32 elapsed) external view returns (uint80 charge);
}
