// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {ITariffBook} from "../interfaces/ITariffBook.sol";
import {AgreementId, AssetId, TariffId} from "../types/Identifiers.sol";
import {READING_TYPEHASH, Reading} from "../types/MeterForms.sol";
import {Route} from "../types/Route.sol";
import {Rates} from "../types/Tariff.sol";

/// @title Reads the packed batch (docs/wire-formats.md) and hashes, recovers and looks up what each record in it needs, without
///        allocating memory for it. The only assembly of the platform, but for one call in MeterSignatures.
/// @dev Callers check bounds before they load: the loads themselves read past the end as zeros. Each function is fuzzed against
///      the plain Solidity that it stands for (tests/forge).
library ReadingCodec {
    uint8 internal constant VERSION = 1;
    uint256 internal constant GROUP_HEADER_BYTES = 7;
    uint256 internal constant RECORD_BYTES_SECP256K1 = 152;
    uint256 internal constant RECORD_BYTES_P256 = 216;
    uint256 private constant SIGNATURE_OFFSET = 88;
    /// Eleven words.
    uint256 private constant RATES_BYTES = 352;
    /// The largest s of a signature that nobody could have altered (EIP-2): half the order of secp256k1.
    bytes32 private constant HIGHEST_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @notice Memory for one reading, set between the constant parts of what is hashed about it:
    ///         typehash | the eleven fields | 0x1901 | domain separator | struct hash.
    function allocate(bytes32 domainSeparator) internal pure returns (Reading memory reading) {
        bytes32 typehash = READING_TYPEHASH;
        assembly ("memory-safe") {
            let start := mload(0x40)
            mstore(start, typehash)
            reading := add(start, 0x20)
            mstore(add(reading, 0x160), 0x1901)
            mstore(add(reading, 0x180), domainSeparator)
            mstore(0x40, add(reading, 0x1c0))
        }
    }

    /// @param reading Memory made by `allocate`; no other memory has the constant parts around it.
    /// @return hash What the meter signed (EIP-712).
    function digest(Reading memory reading) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(add(reading, 0x1a0), keccak256(sub(reading, 0x20), 0x180))
            hash := keccak256(add(reading, 0x17e), 0x42)
        }
    }

    /// @notice Agreement, asset and tariff never change, so they are the key of the state and cost no storage of their own.
    /// @return key keccak256(abi.encode(agreementId, assetId, tariffId)).
    function stateKey(AgreementId agreementId, AssetId assetId, TariffId tariffId) internal pure returns (bytes32 key) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, and(agreementId, 0xffffffffffffffff))
            mstore(add(free, 0x20), and(assetId, 0xffffffffffffffff))
            mstore(add(free, 0x40), and(tariffId, 0xffffffff))
            key := keccak256(free, 0x60)
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

    /// @return signer Who signed `hash` with the compact signature (EIP-2098) of the record at `offset`; zero where nobody did
    ///         or s is high.
    function recover(bytes calldata batch, uint256 offset, bytes32 hash) internal view returns (address signer) {
        assembly ("memory-safe") {
            let position := add(add(batch.offset, offset), SIGNATURE_OFFSET)
            let vs := calldataload(add(position, 0x20))
            let s := shr(1, shl(1, vs))
            if iszero(gt(s, HIGHEST_S)) {
                let free := mload(0x40)
                mstore(free, hash)
                mstore(add(free, 0x20), add(27, shr(255, vs)))
                mstore(add(free, 0x40), calldataload(position))
                mstore(add(free, 0x60), s)
                // The precompile answers nothing where it recovers nothing: scratch space then stays zero.
                mstore(0, 0)
                pop(staticcall(gas(), 1, free, 0x80, 0, 0x20))
                signer := mload(0)
            }
        }
    }

    /// @return signature_ r‖s‖x‖y of the P-256 record at `offset`.
    function signatureP256(bytes calldata batch, uint256 offset) internal pure returns (bytes calldata signature_) {
        assembly ("memory-safe") {
            signature_.offset := add(add(batch.offset, offset), SIGNATURE_OFFSET)
            signature_.length := 128
        }
    }

    /// @notice The routes of the assets in `count` records of `size` bytes, asked for in one call.
    function routes(IAssetRegistry assets, bytes calldata batch, uint256 offset, uint256 count, uint256 size)
        internal
        view
        returns (Route[] memory found)
    {
        bytes4 selector = IAssetRegistry.routesOf.selector;
        assembly ("memory-safe") {
            let question := mload(0x40)
            mstore(question, selector)
            mstore(add(question, 0x04), 0x20)
            mstore(add(question, 0x24), count)
            let next := add(question, 0x44)
            let end := add(next, shl(5, count))
            let position := add(add(batch.offset, offset), 8)
            for {} lt(next, end) { next := add(next, 0x20) } {
                mstore(next, shr(192, calldataload(position)))
                position := add(position, size)
            }
            // The answer is as long as the question but for the selector, and takes its place.
            let length := sub(end, add(question, 4))
            let answered := staticcall(gas(), assets, question, sub(end, question), question, length)
            if iszero(and(answered, eq(returndatasize(), length))) { revert(0, 0) }
            found := add(question, 0x20)
            mstore(0x40, add(question, length))
        }
    }

    /// @notice The registry's side of `routes`: ends the call with the array of `table[asset]` for each asset.
    function returnRoutes(mapping(AssetId => Route) storage table, AssetId[] calldata assets) internal view {
        assembly ("memory-safe") {
            let answer := mload(0x40)
            mstore(answer, 0x20)
            mstore(add(answer, 0x20), assets.length)
            let next := add(answer, 0x40)
            let end := add(next, shl(5, assets.length))
            let position := assets.offset
            mstore(0x20, table.slot)
            for {} lt(next, end) { next := add(next, 0x20) } {
                mstore(0, and(calldataload(position), 0xffffffffffffffff))
                mstore(next, sload(keccak256(0, 0x40)))
                position := add(position, 0x20)
            }
            return(answer, sub(end, answer))
        }
    }

    /// @notice `ratesOf` of our own tariff book, straight into `rates`: its answer has the layout of the struct in memory.
    function loadRates(ITariffBook book, TariffId tariff, Rates memory rates) internal view {
        bytes4 selector = ITariffBook.ratesOf.selector;
        assembly ("memory-safe") {
            mstore(0, selector)
            mstore(4, and(tariff, 0xffffffff))
            if iszero(staticcall(gas(), book, 0, 0x24, rates, RATES_BYTES)) {
                let free := mload(0x40)
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
            if iszero(eq(returndatasize(), RATES_BYTES)) { revert(0, 0) }
        }
    }
}
