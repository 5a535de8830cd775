// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IAssetRegistry} from "contracts/interfaces/IAssetRegistry.sol";
import {ReadingCodec} from "contracts/libraries/ReadingCodec.sol";
import {AgreementId, AssetId, TariffId} from "contracts/types/Identifiers.sol";
import {Kept} from "contracts/types/AgreementState.sol";
import {READING_TYPEHASH, Reading, Record, hashReading} from "contracts/types/MeterForms.sol";
import {Route} from "contracts/types/Route.sol";

interface Vm {
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function addr(uint256 privateKey) external pure returns (address);
}

/// Answers as the registry and the tariff book do, with values that follow from the question.
contract Answers {
    function routesOfAssets(AssetId[] calldata assets) external pure returns (Route[] memory routes) {
        routes = new Route[](assets.length);
        for (uint256 i = 0; i < assets.length; ++i) {
            routes[i] = routeOf(assets[i]);
        }
    }

    function routeOf(AssetId asset) public pure returns (Route) {
        return Route.wrap(uint256(keccak256(abi.encode(asset))));
    }
}

/// A registry's table of routes, and its answer for many.
contract RouteTable {
    mapping(AssetId => Route) public route;

    function set(AssetId asset, Route to) external {
        route[asset] = to;
    }

    function routesOfAssets(AssetId[] calldata assets) external view returns (Route[] memory) {
        ReadingCodec.returnRoutes(route, assets);
    }
}

/// Answers anything with one word: which are no routes of assets.
contract ShortAnswers {
    fallback(bytes calldata) external returns (bytes memory) {
        return abi.encode(uint256(1));
    }
}

/// The packed record and the struct say the same thing: every field survives, and the hash over loaded memory is the
/// one that `abi.encode` gives.
contract ReadingCodecTest {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    bytes32 private constant DOMAIN = keccak256("a domain");
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    bytes32 private constant S_MASK = bytes32(type(uint256).max >> 1);

    Answers private immutable ANSWERS = new Answers();
    ShortAnswers private immutable SHORT = new ShortAnswers();
    mapping(bytes32 => Kept) private _states;

    /// Wherever the record stands in the batch, and whatever stands before and behind it.
    function testFuzz_APackedRecordHashesAsItsStruct(
        Reading memory reading,
        bytes32 r,
        bytes32 vs,
        bytes memory before,
        bytes memory behind
    ) external view {
        bytes memory batch = bytes.concat(before, _pack(reading), r, vs, behind);
        this.checkRecord(batch, before.length, reading);
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

    /// The constant parts around a record stay as they are, and so does the memory behind it.
    function testFuzz_LoadingWritesNothingButTheReading(Reading memory reading, bytes32 neighbour) external view {
        this.checkNeighbour(_pack(reading), reading, neighbour);
    }

    function testFuzz_ACopiedReadingHashesAsItsStruct(Reading calldata reading) external pure {
        Record memory record = _record();
        ReadingCodec.copy(reading, record);
        assert(ReadingCodec.digest(record) == _digest(reading));
        _requireSame(record, reading);
    }

    /// What is loaded names the same place as the mapping does, and dirty bits above the tariff's change nothing.
    function testFuzz_LoadingFindsTheStateOfAgreementAssetAndTariff(Reading memory reading, TariffId tariff)
        external
        view
    {
        this.checkState(_pack(reading), reading.agreementId, reading.assetId, tariff);
    }

    /// Random words: r and s of every size, s above half the order included.
    function testFuzz_RecoversWhatOpenZeppelinRecovers(Reading memory reading, bytes32 r, bytes32 vs, uint96 rest)
        external
        view
    {
        this.checkSigned(bytes.concat(_pack(reading), r, vs), reading, r, vs, rest);
    }

    /// A true signature, its high-s twin, and one of another reading.
    function testFuzz_KnowsTheSignerAndRefusesTheTwin(
        uint256 key,
        Reading memory reading,
        Reading memory other,
        uint96 rest
    ) external view {
        key = 1 + key % (ORDER - 1);
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, _digest(reading));
        bytes32 vs = _compact(v, s);
        Route route = Route.wrap((uint256(uint160(VM.addr(key))) << 96) | rest);
        assert(this.signedRoute(bytes.concat(_pack(reading), r, vs), route) == Route.unwrap(route));
        this.checkSigned(bytes.concat(_pack(other), r, vs), other, r, vs, rest);
        bytes32 twin = bytes32(ORDER - uint256(s));
        if (uint256(twin) >> 255 == 0) {
            assert(this.signedRoute(bytes.concat(_pack(reading), r, _compact(v ^ 7, twin)), route) == 0);
        }
    }

    /// On both sides of the border itself.
    function testFuzz_TheHighestSIsHalfTheOrder(Reading memory reading, bytes32 r, bool odd, uint8 above)
        external
        view
    {
        bytes32 vs = bytes32((ORDER / 2 + above % 3) | (odd ? 1 << 255 : 0));
        this.checkSigned(bytes.concat(_pack(reading), r, vs), reading, r, vs, above);
    }

    function testFuzz_RoutesComeInTheOrderOfTheRecords(uint64[] memory assets, bool isP256, bytes memory before)
        external
        view
    {
        uint256 size = isP256 ? ReadingCodec.RECORD_BYTES_P256 : ReadingCodec.RECORD_BYTES_SECP256K1;
        bytes memory batch = before;
        for (uint256 i = 0; i < assets.length; ++i) {
            batch = bytes.concat(batch, bytes8(type(uint64).max), bytes8(assets[i]), new bytes(size - 16));
        }
        this.checkRoutes(batch, before.length, assets, size);
    }

    /// Asked for in another order than written, with repetitions and with assets that were never written.
    function testFuzz_TheTableAnswersForEachAsset(uint64[] memory assets, uint64 unknown, uint256 seed) external {
        RouteTable table = new RouteTable();
        AssetId[] memory asked = new AssetId[](assets.length + 1);
        for (uint256 i = 0; i < assets.length; ++i) {
            table.set(AssetId.wrap(assets[i]), Route.wrap(uint256(keccak256(abi.encode(seed, i)))));
            asked[i] = AssetId.wrap(assets[seed % assets.length]);
            seed = uint256(keccak256(abi.encode(seed)));
        }
        asked[assets.length] = AssetId.wrap(unknown);
        Route[] memory routes = table.routesOfAssets(asked);
        assert(routes.length == asked.length);
        for (uint256 i = 0; i < asked.length; ++i) {
            assert(Route.unwrap(routes[i]) == Route.unwrap(table.route(asked[i])));
        }
    }

    function test_AnAnswerOfAnotherLengthIsRefused() external view {
        try this.routesFrom(address(SHORT), new bytes(152), 1) {
            assert(false);
        } catch {}
    }

    function routesFrom(address assets, bytes calldata batch, uint256 count) external view returns (uint256) {
        return ReadingCodec.routes(IAssetRegistry(assets), ReadingCodec.positionOf(batch, 0), count, 152);
    }

    function checkRoutes(bytes calldata batch, uint256 offset, uint64[] calldata assets, uint256 size) external view {
        uint256 position = ReadingCodec.positionOf(batch, offset);
        uint256 first = ReadingCodec.routes(IAssetRegistry(address(ANSWERS)), position, assets.length, size);
        bytes32[] memory other = new bytes32[](1);
        other[0] = keccak256(batch);
        for (uint256 i = 0; i < assets.length; ++i) {
            Route expected = ANSWERS.routeOf(AssetId.wrap(assets[i]));
            assert(Route.unwrap(ReadingCodec.routeAt(first + 32 * i)) == Route.unwrap(expected));
        }
    }

    function signedRoute(bytes calldata batch, Route route) public view returns (uint256) {
        (Record memory record, uint256 position) = (_record(), ReadingCodec.positionOf(batch, 0));
        ReadingCodec.load(position, TariffId.wrap(1), record, _states);
        return Route.unwrap(ReadingCodec.signedRoute(route, position, record));
    }

    /// Against OpenZeppelin: the route of whoever signed, of anybody else, and of nobody.
    function checkSigned(bytes calldata batch, Reading calldata reading, bytes32 r, bytes32 vs, uint96 rest)
        external
        view
    {
        (address signer,,) = ECDSA.tryRecover(_digest(reading), r, vs);
        uint256 route = (uint256(uint160(signer)) << 96) | rest;
        assert(signedRoute(batch, Route.wrap(route)) == (signer == address(0) ? 0 : route));
        assert(signedRoute(batch, Route.wrap(route ^ (1 << 96))) == 0);
        assert(signedRoute(batch, Route.wrap(rest)) == 0);
    }

    function checkState(bytes calldata batch, AgreementId agreement, AssetId asset, TariffId tariff) external view {
        TariffId dirty;
        assembly {
            dirty := or(tariff, shl(32, 0xffff))
        }
        Kept storage kept = ReadingCodec.load(ReadingCodec.positionOf(batch, 0), dirty, _record(), _states);
        Kept storage expected = _states[keccak256(abi.encode(agreement, asset, tariff))];
        Kept storage named = _states[ReadingCodec.stateKey(agreement, asset, tariff)];
        assembly {
            if iszero(and(eq(kept.slot, expected.slot), eq(named.slot, expected.slot))) { revert(0, 0) }
        }
    }

    function checkRecord(bytes calldata batch, uint256 offset, Reading calldata expected) external view {
        Record memory loaded = _record();
        ReadingCodec.load(ReadingCodec.positionOf(batch, offset), TariffId.wrap(1), loaded, _states);
        _requireSame(loaded, expected);
        assert(ReadingCodec.digest(loaded) == _digest(expected));
    }

    function checkTwo(bytes calldata batch, Reading calldata first, Reading calldata second) external view {
        Record memory loaded = _record();
        ReadingCodec.load(ReadingCodec.positionOf(batch, 0), TariffId.wrap(1), loaded, _states);
        assert(ReadingCodec.digest(loaded) == _digest(first));
        uint256 position = ReadingCodec.positionOf(batch, ReadingCodec.RECORD_BYTES_SECP256K1);
        ReadingCodec.load(position, TariffId.wrap(2), loaded, _states);
        assert(ReadingCodec.digest(loaded) == _digest(second));
    }

    function checkHeader(bytes calldata batch, uint256 offset, uint8 kind, uint32 tariff, uint16 count) external pure {
        (uint8 foundKind, uint32 foundTariff, uint16 foundCount) = ReadingCodec.groupHeader(batch, offset);
        assert(foundKind == kind && foundTariff == tariff && foundCount == count);
    }

    function checkNeighbour(bytes calldata record, Reading calldata expected, bytes32 neighbour) external view {
        Record memory loaded = _record();
        bytes32[] memory other = new bytes32[](1);
        other[0] = neighbour;
        ReadingCodec.load(ReadingCodec.positionOf(record, 0), TariffId.wrap(1), loaded, _states);
        assert(ReadingCodec.digest(loaded) == _digest(expected));
        assert(other.length == 1 && other[0] == neighbour);
        assert(loaded.typehash == READING_TYPEHASH && loaded.prefix == 0x1901 && loaded.domainSeparator == DOMAIN);
    }

    function _record() private pure returns (Record memory record) {
        (record.typehash, record.prefix, record.domainSeparator) = (READING_TYPEHASH, 0x1901, DOMAIN);
    }

    /// The eleven fields stand behind the type hash, as in the struct.
    function _requireSame(Record memory record, Reading calldata reading) private pure {
        bytes32 hash;
        assembly {
            hash := keccak256(add(record, 0x20), 0x160)
        }
        assert(hash == keccak256(abi.encode(reading)));
    }

    function _digest(Reading memory reading) private pure returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(DOMAIN, hashReading(reading));
    }

    function _compact(uint8 v, bytes32 s) private pure returns (bytes32) {
        return v == 28 ? s | ~S_MASK : s;
    }

    function _pack(Reading memory r) private pure returns (bytes memory) {
        bytes memory head = abi.encodePacked(
            AgreementId.unwrap(r.agreementId), AssetId.unwrap(r.assetId), r.sequence, r.time, r.register0, r.register1
        );
        return abi.encodePacked(head, r.register2, r.register3, r.odometer, r.flags, r.telemetryRoot);
    }
}
