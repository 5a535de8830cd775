// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Identifiers count from 1; zero always means "none".
type AssetId is uint64;
type AgreementId is uint64;
type TariffId is uint32;
type SplitId is uint64;

using {isSameAsset as ==, isOtherAsset as !=} for AssetId global;
using {isSameAgreement as ==, isOtherAgreement as !=} for AgreementId global;
using {isSameTariff as ==, isOtherTariff as !=} for TariffId global;
using {isSameSplit as ==, isOtherSplit as !=} for SplitId global;

AssetId constant NO_ASSET = AssetId.wrap(0);
AgreementId constant NO_AGREEMENT = AgreementId.wrap(0);
TariffId constant NO_TARIFF = TariffId.wrap(0);
SplitId constant NO_SPLIT = SplitId.wrap(0);

function isSameAsset(AssetId a, AssetId b) pure returns (bool) {
    return AssetId.unwrap(a) == AssetId.unwrap(b);
}

function isOtherAsset(AssetId a, AssetId b) pure returns (bool) {
    return AssetId.unwrap(a) != AssetId.unwrap(b);
}

function isSameAgreement(AgreementId a, AgreementId b) pure returns (bool) {
    return AgreementId.unwrap(a) == AgreementId.unwrap(b);
}

function isOtherAgreement(AgreementId a, AgreementId b) pure returns (bool) {
    return AgreementId.unwrap(a) != AgreementId.unwrap(b);
}

function isSameTariff(TariffId a, TariffId b) pure returns (bool) {
    return TariffId.unwrap(a) == TariffId.unwrap(b);
}

function isOtherTariff(TariffId a, TariffId b) pure returns (bool) {
    return TariffId.unwrap(a) != TariffId.unwrap(b);
}

function isSameSplit(SplitId a, SplitId b) pure returns (bool) {
    return SplitId.unwrap(a) == SplitId.unwrap(b);
}

function isOtherSplit(SplitId a, SplitId b) pure returns (bool) {
    return SplitId.unwrap(a) != SplitId.unwrap(b);
}
