// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {READING_TYPEHASH, Reading} from "../types/MeterForms.sol";

/// @title Reads the packed batch (docs/wire-formats.md). The only assembly of the platform, but for one call in MeterSignatures.
/// @dev Callers check bounds before they load: the loads themselves read past the end as zeros.
library ReadingCodec {
    uint8 internal constant VERSION = 1;
    uint256 internal constant GROUP_HEADER_BYTES = 7;
    uint256 internal constant RECORD_BYTES_SECP256K1 = 152;
    uint256 internal constant RECORD_BYTES_P256 = 216;
    uint256 private constant SIGNATURE_OFFSET = 88;
    /// A typehash and the eleven fields, one word each.
    uint256 private constant STRUCT_HASH_BYTES = 384;

    /// @notice Memory for one reading, preceded by the typehash, so that its struct hash is one keccak over it.
    function allocate() internal pure returns (Reading memory reading) {
        bytes32 typehash = READING_TYPEHASH;
        assembly ("memory-safe") {
            let start := mload(0x40)
            mstore(start, typehash)
            reading := add(start, 0x20)
            mstore(0x40, add(start, STRUCT_HASH_BYTES))
        }
    }

    /// @param reading Memory made by `allocate`; no other memory has the typehash before it.
    function structHash(Reading memory reading) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(sub(reading, 0x20), STRUCT_HASH_BYTES)
        }
    }

    function groupHeader(bytes calldata batch, uint256 offset)
        internal
        pure
        returns (uint8 kind, uint32 tariffId, uint16 count)
    {
        assembly ("memory-safe") {
            let word := calldataload(add(batch.offset, offset))
            kind := shr(248, word)
            tariffId := and(shr(216, word), 0xffffffff)
            count := and(shr(200, word), 0xffff)
        }
    }

    /// @notice Copies the record at `offset` into `reading`.
    function load(bytes calldata batch, uint256 offset, Reading memory reading) internal pure {
        assembly ("memory-safe") {
            let position := add(batch.offset, offset)
            let word := calldataload(position)
            mstore(reading, shr(192, word)) // agreementId
            mstore(add(reading, 0x20), and(shr(128, word), 0xffffffffffffffff)) // assetId
            mstore(add(reading, 0x40), and(shr(96, word), 0xffffffff)) // sequence
            mstore(add(reading, 0x60), and(shr(56, word), 0xffffffffff)) // time
            mstore(add(reading, 0x80), and(shr(8, word), 0xffffffffffff)) // register0
            word := calldataload(add(position, 31))
            mstore(add(reading, 0xa0), shr(208, word)) // register1
            mstore(add(reading, 0xc0), and(shr(160, word), 0xffffffffffff)) // register2
            mstore(add(reading, 0xe0), and(shr(112, word), 0xffffffffffff)) // register3
            mstore(add(reading, 0x100), and(shr(64, word), 0xffffffffffff)) // odometer
            mstore(add(reading, 0x120), and(shr(56, word), 0xff)) // flags
            mstore(add(reading, 0x140), calldataload(add(position, 56))) // telemetryRoot
        }
    }

    /// @return r First half of the compact signature (EIP-2098).
    /// @return vs yParity and s.
    function signature(bytes calldata batch, uint256 offset) internal pure returns (bytes32 r, bytes32 vs) {
        assembly ("memory-safe") {
            let position := add(add(batch.offset, offset), SIGNATURE_OFFSET)
            r := calldataload(position)
            vs := calldataload(add(position, 0x20))
        }
    }

    /// @return signature_ r‖s‖x‖y of the P-256 record at `offset`.
    function signatureP256(bytes calldata batch, uint256 offset) internal pure returns (bytes calldata signature_) {
        assembly ("memory-safe") {
            signature_.offset := add(add(batch.offset, offset), SIGNATURE_OFFSET)
            signature_.length := 128
        }
    }
}
