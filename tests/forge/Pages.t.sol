// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPrepaidAccounts} from "contracts/interfaces/IPrepaidAccounts.sol";
import {LedgerCalls} from "contracts/libraries/LedgerCalls.sol";
import {PayeeLists} from "contracts/libraries/PayeeLists.sol";
import {Subaccounts} from "contracts/libraries/Subaccounts.sol";
import {TariffPages} from "contracts/libraries/TariffPages.sol";
import {TariffId} from "contracts/types/Identifiers.sol";
import {Rates, Tariff} from "contracts/types/Tariff.sol";

interface Vm {
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
}

/// Keeps the hash of what it was called with, or refuses.
contract Recorder {
    error Recorder_Refused(bytes32 calldataHash);

    bytes32 public seen;
    bool private immutable REFUSES;

    constructor(bool refuses) {
        REFUSES = refuses;
    }

    fallback() external {
        if (REFUSES) revert Recorder_Refused(keccak256(msg.data));
        seen = keccak256(msg.data);
    }
}

/// A book: it creates nothing but pages.
contract Pages {
    uint32 private _count;

    function write(Tariff calldata terms) external returns (TariffId tariff) {
        tariff = TariffId.wrap(++_count);
        TariffPages.write(tariff, terms);
    }
}

/// What the libraries with assembly, other than ReadingCodec, say and what plain Solidity says is the same.
contract PagesTest {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function testFuzz_APageStandsWhereCreatePutsIt(address book, uint32 tariff) external pure {
        if (tariff == 0) tariff = 1;
        assert(TariffPages.pageOf(book, TariffId.wrap(tariff)) == VM.computeCreateAddress(book, tariff));
    }

    /// Where one more byte is needed for the number.
    function test_APageStandsWhereCreatePutsItAtTheBorders() external view {
        uint32[10] memory numbers =
            [uint32(1), 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0xffffff, 0x1000000, type(uint32).max];
        for (uint256 i = 0; i < numbers.length; ++i) {
            address page = TariffPages.pageOf(address(this), TariffId.wrap(numbers[i]));
            assert(page == VM.computeCreateAddress(address(this), numbers[i]));
        }
    }

    function testFuzz_ATariffIsReadAsItWasWritten(Tariff calldata first, Tariff calldata second, bytes32 neighbour)
        external
    {
        Pages book = new Pages();
        (TariffId one, TariffId two) = (book.write(first), book.write(second));
        assert(keccak256(abi.encode(TariffPages.read(address(book), one))) == keccak256(abi.encode(first)));
        assert(keccak256(abi.encode(TariffPages.read(address(book), two))) == keccak256(abi.encode(second)));
        Rates memory rates;
        bytes32[] memory other = new bytes32[](1);
        other[0] = neighbour;
        TariffPages.load(address(book), one, rates);
        TariffPages.load(address(book), two, rates);
        _requireSame(rates, second);
        assert(other.length == 1 && other[0] == neighbour);
    }

    function testFuzz_ATariffThatIsNotThereIsAllZero(uint32 tariff, Rates memory rates) external view {
        TariffPages.load(address(this), TariffId.wrap(tariff), rates);
        Rates memory nothing;
        assert(keccak256(abi.encode(rates)) == keccak256(abi.encode(nothing)));
    }

    function testFuzz_PayeesAreReadAsTheyWereWritten(address[] memory receivers, uint256[] memory shares, uint256 sum)
        external
    {
        address list = PayeeLists.write(receivers, shares, sum);
        (address[] memory readReceivers, uint256[] memory readShares, uint256 readSum) = PayeeLists.read(list);
        bytes32[] memory other = new bytes32[](1);
        assert(
            keccak256(abi.encode(receivers, shares, sum)) == keccak256(abi.encode(readReceivers, readShares, readSum))
        );
        assert(other[0] == 0);
    }

    function testFuzz_ASubaccountIsTheHashOfModuleAndKey(address module, bytes32 key) external pure {
        assert(Subaccounts.derive(module, key) == address(uint160(uint256(keccak256(abi.encode(module, key))))));
    }

    function testFuzz_TheLedgerIsCalledAsSolidityCallsIt(
        bytes32 key,
        address to,
        address currency,
        uint256 amount,
        address[] memory receivers,
        uint256[] memory amounts
    ) external {
        Recorder recorder = new Recorder(false);
        IPrepaidAccounts accounts = IPrepaidAccounts(address(recorder));
        LedgerCalls.moveFrom(accounts, key, to, currency, amount);
        assert(recorder.seen() == keccak256(abi.encodeCall(IPrepaidAccounts.moveFrom, (key, to, currency, amount))));
        LedgerCalls.moveFromToMany(accounts, key, currency, receivers, amounts);
        bytes memory expected = abi.encodeCall(IPrepaidAccounts.moveFromToMany, (key, currency, receivers, amounts));
        assert(recorder.seen() == keccak256(expected));
    }

    function testFuzz_ARefusalOfTheLedgerIsPassedOn(bytes32 key, address to, uint256 amount) external {
        address accounts = address(new Recorder(true));
        bytes memory call_ = abi.encodeCall(IPrepaidAccounts.moveFrom, (key, to, to, amount));
        try this.moveFrom(accounts, key, to, amount) {
            assert(false);
        } catch (bytes memory reason) {
            bytes memory expected = abi.encodeWithSelector(Recorder.Recorder_Refused.selector, keccak256(call_));
            assert(keccak256(reason) == keccak256(expected));
        }
    }

    function moveFrom(address accounts, bytes32 key, address to, uint256 amount) external {
        LedgerCalls.moveFrom(IPrepaidAccounts(accounts), key, to, to, amount);
    }

    function _requireSame(Rates memory rates, Tariff calldata terms) private pure {
        assert(rates.currency == uint160(terms.currency) && rates.standingPerDay == terms.standingPerDay);
        assert(rates.taxBps == terms.taxBps && rates.notice == terms.notice);
        assert(rates.pricePerMillion0 == terms.pricePerMillion0 && rates.pricePerMillion1 == terms.pricePerMillion1);
        assert(rates.pricePerMillion2 == terms.pricePerMillion2 && rates.pricePerMillion3 == terms.pricePerMillion3);
        assert(rates.minimumTerm == terms.minimumTerm && rates.permitValidity == terms.permitValidity);
        assert(rates.deliveryTime == terms.deliveryTime && rates.holdTarget == terms.holdTarget);
        assert(rates.maxChargePerHour == terms.maxChargePerHour && rates.burst == terms.burst);
    }
}
