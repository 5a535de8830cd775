// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IAssetRegistry} from "contracts/interfaces/IAssetRegistry.sol";
import {ITariffBook} from "contracts/interfaces/ITariffBook.sol";
import {ReadingCodec} from "contracts/libraries/ReadingCodec.sol";
import {AgreementId, AssetId, TariffId} from "contracts/types/Identifiers.sol";
import {Reading, hashReading} from "contracts/types/MeterForms.sol";
import {Route} from "contracts/types/Route.sol";
import {Rates} from "contracts/types/Tariff.sol";

interface Vm {
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function addr(uint256 privateKey) external pure returns (address);
}

/// Answers as the registry and the tariff book do, with values that follow from the question.
contract Answers {
    error Answers_Refused(TariffId tariff);

    function routesOf(AssetId[] calldata assets) external pure returns (Route[] memory routes) {
        routes = new Route[](assets.length);
        for (uint256 i = 0; i < assets.length; ++i) {
            routes[i] = routeOf(assets[i]);
        }
    }

    function routeOf(AssetId asset) public pure returns (Route) {
        return Route.wrap(uint256(keccak256(abi.encode(asset))));
    }

    /// Zero is no tariff.
    function ratesOf(TariffId tariff) external pure returns (Rates memory rates) {
        if (TariffId.unwrap(tariff) == 0) revert Answers_Refused(tariff);
        uint256 word = uint256(keccak256(abi.encode(tariff)));
        rates.currency = address(uint160(word));
        rates.standingPerDay = uint80(word >> 1);
        rates.pricePerMillion0 = uint96(word >> 2);
        rates.pricePerMillion1 = uint96(word >> 3);
        rates.pricePerMillion2 = uint96(word >> 4);
        rates.pricePerMillion3 = uint96(word >> 5);
        rates.notice = uint32(word >> 6);
        rates.minimumTerm = uint32(word >> 7);
        rates.holdTarget = uint80(word >> 8);
        rates.maxChargePerHour = uint80(word >> 9);
        rates.burst = uint80(word >> 10);
    }
}

/// A registry's table of routes, and its answer for many.
contract RouteTable {
    mapping(AssetId => Route) public route;

    function set(AssetId asset, Route to) external {
        route[asset] = to;
    }

    function routesOf(AssetId[] calldata assets) external view returns (Route[] memory) {
        ReadingCodec.returnRoutes(route, assets);
    }
}

/// Answers anything with one word: neither the rates of a tariff nor the routes of assets.
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

    /// A reading's memory may be followed by other memory and is not changed by it, nor does it change it.
    function testFuzz_AllocatedMemoryIsItsOwn(Reading memory reading, bytes32 neighbour) external view {
        this.checkNeighbour(_pack(reading), reading, neighbour);
    }

    function testFuzz_TheStateKeyIsTheHashOfItsThreeParts(AgreementId agreement, AssetId asset, TariffId tariff)
        external
        pure
    {
        assert(ReadingCodec.stateKey(agreement, asset, tariff) == keccak256(abi.encode(agreement, asset, tariff)));
    }

    /// Random words: r and s of every size, s above half the order included.
    function testFuzz_RecoversWhatOpenZeppelinRecovers(bytes32 digest, bytes32 r, bytes32 vs, bytes memory before)
        external
        view
    {
        this.checkRecovery(bytes.concat(before, new bytes(88), r, vs), before.length, digest, r, vs);
    }

    /// A true signature, its high-s twin, and one that was changed.
    function testFuzz_RecoversTheSignerAndRefusesTheTwin(uint256 key, bytes32 digest, bytes32 other) external view {
        key = 1 + key % (ORDER - 1);
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, digest);
        bytes32 vs = _compact(v, s);
        assert(this.signerIn(bytes.concat(new bytes(88), r, vs), 0, digest) == VM.addr(key));
        this.checkRecovery(bytes.concat(new bytes(88), r, vs), 0, other, r, vs);
        bytes32 twin = bytes32(ORDER - uint256(s));
        if (uint256(twin) >> 255 == 0) {
            assert(this.signerIn(bytes.concat(new bytes(88), r, _compact(v ^ 7, twin)), 0, digest) == address(0));
        }
    }

    /// On both sides of the border itself.
    function testFuzz_TheHighestSIsHalfTheOrder(bytes32 digest, bytes32 r, bool odd, uint8 above) external view {
        bytes32 vs = bytes32((ORDER / 2 + above % 3) | (odd ? 1 << 255 : 0));
        this.checkRecovery(bytes.concat(new bytes(88), r, vs), 0, digest, r, vs);
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
        Route[] memory routes = table.routesOf(asked);
        assert(routes.length == asked.length);
        for (uint256 i = 0; i < asked.length; ++i) {
            assert(Route.unwrap(routes[i]) == Route.unwrap(table.route(asked[i])));
        }
    }

    function testFuzz_RatesAreWhatTheBookAnswers(uint32 tariff, Rates memory before, bytes32 neighbour) external view {
        TariffId id = TariffId.wrap(tariff == 0 ? 1 : tariff);
        bytes32[] memory other = new bytes32[](1);
        other[0] = neighbour;
        ReadingCodec.loadRates(ITariffBook(address(ANSWERS)), id, before);
        assert(keccak256(abi.encode(before)) == keccak256(abi.encode(ANSWERS.ratesOf(id))));
        assert(other.length == 1 && other[0] == neighbour);
    }

    function test_ARefusalOfTheBookIsPassedOn() external view {
        try this.ratesFrom(address(ANSWERS), TariffId.wrap(0)) {
            assert(false);
        } catch (bytes memory reason) {
            bytes memory expected = abi.encodeWithSelector(Answers.Answers_Refused.selector, uint32(0));
            assert(keccak256(reason) == keccak256(expected));
        }
    }

    function test_AnAnswerOfAnotherLengthIsRefused() external view {
        try this.ratesFrom(address(SHORT), TariffId.wrap(1)) {
            assert(false);
        } catch {}
        try this.routesFrom(address(SHORT), new bytes(152), 1) {
            assert(false);
        } catch {}
    }

    function ratesFrom(address book, TariffId tariff) external view returns (Rates memory rates) {
        ReadingCodec.loadRates(ITariffBook(book), tariff, rates);
    }

    function routesFrom(address assets, bytes calldata batch, uint256 count) external view returns (Route[] memory) {
        return ReadingCodec.routes(IAssetRegistry(assets), batch, 0, count, 152);
    }

    function checkRoutes(bytes calldata batch, uint256 offset, uint64[] calldata assets, uint256 size) external view {
        Route[] memory routes =
            ReadingCodec.routes(IAssetRegistry(address(ANSWERS)), batch, offset, assets.length, size);
        bytes32[] memory other = new bytes32[](1);
        other[0] = keccak256(batch);
        assert(routes.length == assets.length);
        for (uint256 i = 0; i < assets.length; ++i) {
            assert(Route.unwrap(routes[i]) == Route.unwrap(ANSWERS.routeOf(AssetId.wrap(assets[i]))));
        }
    }

    function signerIn(bytes calldata batch, uint256 offset, bytes32 digest) external view returns (address) {
        return ReadingCodec.recover(batch, offset, digest);
    }

    function checkRecovery(bytes calldata batch, uint256 offset, bytes32 digest, bytes32 r, bytes32 vs) external view {
        (address expected,,) = ECDSA.tryRecover(digest, r, vs);
        assert(ReadingCodec.recover(batch, offset, digest) == expected);
    }

    function checkRecord(bytes calldata batch, uint256 offset, Reading calldata expected) external pure {
        Reading memory loaded = ReadingCodec.allocate(DOMAIN);
        ReadingCodec.load(batch, offset, loaded);
        assert(keccak256(abi.encode(loaded)) == keccak256(abi.encode(expected)));
        assert(ReadingCodec.digest(loaded) == _digest(expected));
    }

    function checkTwo(bytes calldata batch, Reading calldata first, Reading calldata second) external pure {
        Reading memory loaded = ReadingCodec.allocate(DOMAIN);
        ReadingCodec.load(batch, 0, loaded);
        assert(ReadingCodec.digest(loaded) == _digest(first));
        ReadingCodec.load(batch, ReadingCodec.RECORD_BYTES_SECP256K1, loaded);
        assert(ReadingCodec.digest(loaded) == _digest(second));
    }

    function checkHeader(bytes calldata batch, uint256 offset, uint8 kind, uint32 tariff, uint16 count) external pure {
        (uint8 foundKind, uint32 foundTariff, uint16 foundCount) = ReadingCodec.groupHeader(batch, offset);
        assert(foundKind == kind && foundTariff == tariff && foundCount == count);
    }

    function checkNeighbour(bytes calldata record, Reading calldata expected, bytes32 neighbour) external pure {
        Reading memory loaded = ReadingCodec.allocate(DOMAIN);
        bytes32[] memory other = new bytes32[](1);
        other[0] = neighbour;
        ReadingCodec.load(record, 0, loaded);
        assert(other.length == 1 && other[0] == neighbour);
        assert(ReadingCodec.digest(loaded) == _digest(expected));
    }

    function _digest(Reading calldata reading) private pure returns (bytes32) {
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
