// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReadingCodec} from "contracts/libraries/ReadingCodec.sol";
import {AgreementId, AssetId} from "contracts/types/Identifiers.sol";
import {Reading, hashReading} from "contracts/types/MeterForms.sol";

/// The packed record and the struct say the same thing: every field survives, and the hash over loaded memory is the
/// one that `abi.encode` gives.
contract ReadingCodecTest {
    /// Wherever the record stands in the batch, and whatever stands before and behind it.
    function testFuzz_APackedRecordHashesAsItsStruct(
        Reading memory reading,
        bytes32 r,
        bytes32 vs,
        bytes memory before,
        bytes memory behind
    ) external view {
        bytes memory batch = bytes.concat(before, _pack(reading), r, vs, behind);
        this.checkRecord(batch, before.length, reading, r, vs);
    }

    /// What was loaded before leaves nothing behind in memory.
    function testFuzz_LoadingAgainReplacesEveryField(Reading memory first, Reading memory second) external view {
        this.checkTwo(bytes.concat(_pack(first), bytes32(0), bytes32(0), _pack(second)), first, second);
    }

    function testFuzz_AGroupHeaderIsReadWhereItStands(
        uint8 kind,
        uint32 tariff,
        uint16 count,
        bytes memory before,
        bytes memory behind
    ) external view {
        bytes memory batch = bytes.concat(before, abi.encodePacked(kind, tariff, count), behind);
        this.checkHeader(batch, before.length, kind, tariff, count);
    }

    /// A reading's memory may be followed by other memory and is not changed by it, nor does it change it.
    function testFuzz_AllocatedMemoryIsItsOwn(Reading memory reading, bytes32 neighbour) external view {
        this.checkNeighbour(_pack(reading), reading, neighbour);
    }

    function checkRecord(bytes calldata batch, uint256 offset, Reading calldata expected, bytes32 r, bytes32 vs)
        external
        pure
    {
        Reading memory loaded = ReadingCodec.allocate();
        ReadingCodec.load(batch, offset, loaded);
        assert(keccak256(abi.encode(loaded)) == keccak256(abi.encode(expected)));
        assert(ReadingCodec.structHash(loaded) == hashReading(expected));
        (bytes32 foundR, bytes32 foundVs) = ReadingCodec.signature(batch, offset);
        assert(foundR == r && foundVs == vs);
    }

    function checkTwo(bytes calldata batch, Reading calldata first, Reading calldata second) external pure {
        Reading memory loaded = ReadingCodec.allocate();
        ReadingCodec.load(batch, 0, loaded);
        assert(ReadingCodec.structHash(loaded) == hashReading(first));
        ReadingCodec.load(batch, ReadingCodec.RECORD_BYTES_SECP256K1, loaded);
        assert(ReadingCodec.structHash(loaded) == hashReading(second));
    }

    function checkHeader(bytes calldata batch, uint256 offset, uint8 kind, uint32 tariff, uint16 count) external pure {
        (uint8 foundKind, uint32 foundTariff, uint16 foundCount) = ReadingCodec.groupHeader(batch, offset);
        assert(foundKind == kind && foundTariff == tariff && foundCount == count);
    }

    function checkNeighbour(bytes calldata record, Reading calldata expected, bytes32 neighbour) external pure {
        Reading memory loaded = ReadingCodec.allocate();
        bytes32[] memory other = new bytes32[](1);
        other[0] = neighbour;
        ReadingCodec.load(record, 0, loaded);
        assert(other.length == 1 && other[0] == neighbour);
        assert(ReadingCodec.structHash(loaded) == hashReading(expected));
    }

    function _pack(Reading memory r) private pure returns (bytes memory) {
        bytes memory head = abi.encodePacked(
            AgreementId.unwrap(r.agreementId), AssetId.unwrap(r.assetId), r.sequence, r.time, r.register0, r.register1
        );
        return abi.encodePacked(head, r.register2, r.register3, r.odometer, r.flags, r.telemetryRoot);
    }
}
