// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AgreementId, AssetId} from "./Identifiers.sol";

/// What a meter signs (EIP-712, domain "CISE" version "1"; docs/wire-formats.md).

/// Registers of one agreement and the odometer of its asset at one moment. Verifying contract: UsageAgreements.
struct Reading {
    AgreementId agreementId;
    AssetId assetId;
    uint32 sequence;
    uint40 time;
    uint48 register0;
    uint48 register1;
    uint48 register2;
    uint48 register3;
    uint48 odometer;
    uint8 flags;
    bytes32 telemetryRoot;
}

/// A reading in memory as it is settled: a word each, so that nothing is cleaned again before it is used, between the constant
/// parts of what its meter signs (EIP-712). ReadingCodec fills in the rest and hashes it where it lies.
struct Record {
    bytes32 typehash;
    AgreementId agreementId;
    AssetId assetId;
    uint256 sequence;
    uint256 time;
    uint256 register0;
    uint256 register1;
    uint256 register2;
    uint256 register3;
    uint256 odometer;
    uint256 flags;
    bytes32 telemetryRoot;
    uint256 prefix;
    bytes32 domainSeparator;
    bytes32 structHash;
}

uint8 constant FLAG_FINAL = 1;
uint8 constant FLAG_CLOCK_NOT_SYNCHRONISED = 2;

bytes32 constant READING_TYPEHASH = keccak256(
    "Reading(uint64 agreementId,uint64 assetId,uint32 sequence,uint40 time,uint48 register0,uint48 register1,uint48 register2,uint48 register3,uint48 odometer,uint8 flags,bytes32 telemetryRoot)"
);

/// Condition of an asset, with or without an agreement. Verifying contract: MeterRegistry.
struct Status {
    AssetId assetId;
    uint32 sequence;
    uint40 time;
    uint8 state;
    uint16 faultCode;
    uint48 odometer;
}

uint8 constant STATE_UP = 0;
uint8 constant STATE_DOWN = 1;
uint8 constant STATE_IN_MAINTENANCE = 2;
uint8 constant STATE_MOVED = 3;
uint8 constant STATE_SERVICE_RESET = 4;

bytes32 constant STATUS_TYPEHASH =
    keccak256("Status(uint64 assetId,uint32 sequence,uint40 time,uint8 state,uint16 faultCode,uint48 odometer)");

/// Binds a key to an asset; signed by the new key (possession) and, to take effect at once, by the old one too.
/// Verifying contract: MeterRegistry. `signer`: 20-byte address for curves 0 and 2, 64 bytes x‖y for curve 1.
struct MeterBinding {
    AssetId assetId;
    bytes signer;
    uint8 curve;
    uint32 epoch;
    uint48 odometer;
    bytes32 registersHash;
    uint40 effectiveAt;
}

uint8 constant CURVE_SECP256K1 = 0;
uint8 constant CURVE_P256 = 1;
uint8 constant CURVE_ERC1271 = 2;

uint8 constant GRADE_ATTESTER = 0;
uint8 constant GRADE_SOFTWARE_KEY = 1;
uint8 constant GRADE_SECURE_ELEMENT = 2;

bytes32 constant METER_BINDING_TYPEHASH = keccak256(
    "MeterBinding(uint64 assetId,bytes signer,uint8 curve,uint32 epoch,uint48 odometer,bytes32 registersHash,uint40 effectiveAt)"
);

/// Appoints the key that may sign permits for an asset; signed by the provider's rotation key. Verifying contract: MeterRegistry.
struct PermitSigner {
    AssetId assetId;
    address signer;
    uint32 epoch;
    uint40 validFrom;
}

bytes32 constant PERMIT_SIGNER_TYPEHASH =
    keccak256("PermitSigner(uint64 assetId,address signer,uint32 epoch,uint40 validFrom)");

function hashReading(Reading memory r) pure returns (bytes32) {
    return keccak256(
        abi.encode(
            READING_TYPEHASH,
            r.agreementId,
            r.assetId,
            r.sequence,
            r.time,
            r.register0,
            r.register1,
            r.register2,
            r.register3,
            r.odometer,
            r.flags,
            r.telemetryRoot
        )
    );
}

function hashStatus(Status memory s) pure returns (bytes32) {
    return keccak256(abi.encode(STATUS_TYPEHASH, s.assetId, s.sequence, s.time, s.state, s.faultCode, s.odometer));
}

function hashMeterBinding(MeterBinding memory b) pure returns (bytes32) {
    return keccak256(
        abi.encode(
            METER_BINDING_TYPEHASH,
            b.assetId,
            keccak256(b.signer),
            b.curve,
            b.epoch,
            b.odometer,
            b.registersHash,
            b.effectiveAt
        )
    );
}

function hashPermitSigner(PermitSigner memory p) pure returns (bytes32) {
    return keccak256(abi.encode(PERMIT_SIGNER_TYPEHASH, p.assetId, p.signer, p.epoch, p.validFrom));
}
