// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {Kept} from "../types/AgreementState.sol";
import {AgreementId, AssetId, TariffId} from "../types/Identifiers.sol";
import {Reading, Record} from "../types/MeterForms.sol";
import {Route} from "../types/Route.sol";

/// @title Reads the packed batch (docs/wire-formats.md) and hashes, recovers and looks up what each record in it needs, without
///        allocating memory for it. The libraries with assembly are named in contracts/README.md.
/// @dev Callers check bounds before they load: the loads themselves read past the end as zeros. Each function is fuzzed against
///      the plain Solidity that it stands for (tests/forge).
library ReadingCodec {
    uint8 internal constant VERSION = 1;
    uint256 internal constant GROUP_HEADER_BYTES = 7;
    uint256 internal constant RECORD_BYTES_SECP256K1 = 152;
    uint256 internal constant RECORD_BYTES_P256 = 216;
    uint256 private constant SIGNATURE_OFFSET = 88;
    uint256 private constant VS_OFFSET = 120;
    /// The largest s of a signature that nobody could have altered (EIP-2): half the order of secp256k1.
    bytes32 private constant HIGHEST_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @param record With its constant parts: see `Record`.
    /// @return hash What the meter signed (EIP-712).
    function digest(Record memory record) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(add(record, 0x1c0), keccak256(record, 0x180))
            hash := keccak256(add(record, 0x19e), 0x42)
        }
    }

    /// @notice Agreement, asset and tariff never change, so they are the key of the state and cost no storage of their own.
    /// @return keccak256(abi.encode(agreementId, assetId, tariffId)); `load` computes the same.
    function stateKey(AgreementId agreementId, AssetId assetId, TariffId tariffId) internal pure returns (bytes32) {
        return keccak256(abi.encode(agreementId, assetId, tariffId));
    }

    /// @return position Where in calldata the byte `offset` of the batch stands, as the functions below want it.
    function positionOf(bytes calldata batch, uint256 offset) internal pure returns (uint256 position) {
        assembly ("memory-safe") {
            position := add(batch.offset, offset)
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

    /// @notice Copies the reading at `position` into `record`, and leaves its constant parts.
    /// @return kept What `states` has for its agreement and asset under `tariffId`: states[stateKey(…)].
    function load(uint256 position, TariffId tariffId, Record memory record, mapping(bytes32 => Kept) storage states)
        internal
        pure
        returns (Kept storage kept)
    {
        assembly ("memory-safe") {
            let word := calldataload(position)
            mstore(add(record, 0x20), shr(192, word)) // agreementId
            mstore(add(record, 0x40), shr(192, shl(64, word))) // assetId
            // The tariff stands where the sequence will, while the three are hashed.
            mstore(add(record, 0x60), shr(224, shl(224, tariffId)))
            mstore(0, keccak256(add(record, 0x20), 0x60))
            mstore(0x20, states.slot)
            kept.slot := keccak256(0, 0x40)
            mstore(add(record, 0x60), shr(224, shl(128, word))) // sequence
            mstore(add(record, 0x80), shr(216, shl(160, word))) // time
            mstore(add(record, 0xa0), shr(208, shl(200, word))) // register0
            word := calldataload(add(position, 31))
            mstore(add(record, 0xc0), shr(208, word)) // register1
            mstore(add(record, 0xe0), shr(208, shl(48, word))) // register2
            mstore(add(record, 0x100), shr(208, shl(96, word))) // register3
            mstore(add(record, 0x120), shr(208, shl(144, word))) // odometer
            mstore(add(record, 0x140), shr(248, shl(192, word))) // flags
            mstore(add(record, 0x160), calldataload(add(position, 56))) // telemetryRoot
        }
    }

    /// @param reading Its fields are within their types: nothing is checked here.
    function copy(Reading calldata reading, Record memory record) internal pure {
        assembly ("memory-safe") {
            calldatacopy(add(record, 0x20), reading, 0x160)
        }
    }

    /// @param record Loaded from `position`.
    /// @return signed `route` where its meter signed the record with the compact signature (EIP-2098) behind it, s not being high;
    ///         else zero.
    function signedRoute(Route route, uint256 position, Record memory record) internal view returns (Route signed) {
        assembly ("memory-safe") {
            let vs := calldataload(add(position, VS_OFFSET))
            let s := shr(1, shl(1, vs))
            if iszero(gt(s, HIGHEST_S)) {
                let free := mload(0x40)
                mstore(add(record, 0x1c0), keccak256(record, 0x180))
                mstore(free, keccak256(add(record, 0x19e), 0x42))
                mstore(add(free, 0x20), add(27, shr(255, vs)))
                mstore(add(free, 0x40), calldataload(add(position, SIGNATURE_OFFSET)))
                mstore(add(free, 0x60), s)
                // The precompile answers nothing where it recovers nothing: scratch space then stays zero.
                mstore(0, 0)
                pop(staticcall(gas(), 1, free, 0x80, 0, 0x20))
                let signer := mload(0)
                signed := mul(route, mul(lt(0, signer), eq(signer, shr(96, route))))
            }
        }
    }

    /// @return signature_ r‖s‖x‖y of the P-256 record at `position`.
    function signatureP256(uint256 position) internal pure returns (bytes calldata signature_) {
        assembly ("memory-safe") {
            signature_.offset := add(position, SIGNATURE_OFFSET)
            signature_.length := 128
        }
    }

    /// @notice Asks in one call for the routes of the assets in `count` records of `size` bytes from `position` on.
    /// @return first Where in memory they stand, in the order of the records; `routeAt` reads them.
    function routes(IAssetRegistry assets, uint256 position, uint256 count, uint256 size)
        internal
        view
        returns (uint256 first)
    {
        bytes4 selector = IAssetRegistry.routesOfAssets.selector;
        assembly ("memory-safe") {
            let question := mload(0x40)
            mstore(question, selector)
            mstore(add(question, 0x04), 0x20)
            mstore(add(question, 0x24), count)
            let next := add(question, 0x44)
            let end := add(next, shl(5, count))
            position := add(position, 8)
            for {} lt(next, end) { next := add(next, 0x20) } {
                mstore(next, shr(192, calldataload(position)))
                position := add(position, size)
            }
            // The answer is as long as the question but for the selector, and takes its place.
            let length := sub(end, add(question, 4))
            let answered := staticcall(gas(), assets, question, sub(end, question), question, length)
            if iszero(and(answered, eq(returndatasize(), length))) { revert(0, 0) }
            first := add(question, 0x40)
            mstore(0x40, add(question, length))
        }
    }

    /// @param place From `routes`; the next route stands 32 bytes further on.
    function routeAt(uint256 place) internal pure returns (Route route) {
        assembly ("memory-safe") {
            route := mload(place)
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
}
