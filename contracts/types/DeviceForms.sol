// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AgreementId, AssetId, TariffId} from "./Identifiers.sol";

/// What a device accepts (EIP-712, verifying contract UsageAgreements). No contract reads these at run time; they are
/// here so that one compiler checks the published type strings.

/// Signed by the permit signer of the asset.
struct Permit {
    AgreementId agreementId;
    AssetId assetId;
    TariffId tariffId;
    address starter;
    bytes32 challenge;
    uint80 chargeLimit;
    uint40 openedAt;
    uint40 issuedAt;
    uint40 validUntil;
    uint64 blockNumber;
}

/// Signed by the permit's starter, answering the device's challenge.
struct Start {
    AgreementId agreementId;
    AssetId assetId;
    bytes32 challenge;
    uint40 validUntil;
}

bytes32 constant PERMIT_TYPEHASH = keccak256(
    "Permit(uint64 agreementId,uint64 assetId,uint32 tariffId,address starter,bytes32 challenge,uint80 chargeLimit,uint40 openedAt,uint40 issuedAt,uint40 validUntil,uint64 blockNumber)"
);
bytes32 constant START_TYPEHASH =
    keccak256("Start(uint64 agreementId,uint64 assetId,bytes32 challenge,uint40 validUntil)");

function hashPermit(Permit memory p) pure returns (bytes32) {
    return keccak256(
        abi.encode(
            PERMIT_TYPEHASH,
            p.agreementId,
            p.assetId,
            p.tariffId,
            p.starter,
            p.challenge,
            p.chargeLimit,
            p.openedAt,
            p.issuedAt,
            p.validUntil,
            p.blockNumber
        )
    );
}

function hashStart(Start memory s) pure returns (bytes32) {
    return keccak256(abi.encode(START_TYPEHASH, s.agreementId, s.assetId, s.challenge, s.validUntil));
}
