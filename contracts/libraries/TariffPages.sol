// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {TariffId} from "../types/Identifiers.sol";
import {Rates, Tariff} from "../types/Tariff.sol";

/// @title Tariffs written once, each as the code of an inert contract, and read without asking the book: one cold account instead
///        of a call and four cold slots.
/// @dev The book creates nothing else, so the page of its n-th tariff has nonce n, and its address follows from that. Assembly: see
///      ReadingCodec.
library TariffPages {
    /// What stands before the arguments in the code of OpenZeppelin's clone.
    uint256 private constant PAGE_HEADER_BYTES = 0x2d;
    /// Fourteen words: as `Rates` in memory.
    uint256 private constant RATES_BYTES = 0x1c0;

    /// @notice Only for the book itself, with the number that follows its last one.
    function write(TariffId tariff, Tariff memory terms) internal {
        // A clone of nothing: it holds the page and can do nothing when called.
        address page = Clones.cloneWithImmutableArgs(address(0), abi.encode(terms));
        // Fails on a chain that derives addresses otherwise, where no page would be found.
        assert(page == pageOf(address(this), tariff));
    }

    /// @return The tariff as it was written. Only for one that there is.
    function read(address book, TariffId tariff) internal view returns (Tariff memory) {
        return abi.decode(Clones.fetchCloneArgs(pageOf(book, tariff)), (Tariff));
    }

    /// @notice Copies what settlement needs into `rates`; where there is none, all fields are zero, the currency too.
    function load(address book, TariffId tariff, Rates memory rates) internal view {
        address page = pageOf(book, tariff);
        assembly ("memory-safe") {
            extcodecopy(page, rates, PAGE_HEADER_BYTES, RATES_BYTES)
        }
    }

    /// @return page keccak256(rlp([book, tariff])), as `create` derives it.
    function pageOf(address book, TariffId tariff) internal pure returns (address page) {
        uint256 nonce = TariffId.unwrap(tariff);
        unchecked {
            // One byte below 128 stands for itself; otherwise its length stands before the number.
            uint256 length = nonce < 0x80 ? 0 : nonce < 0x100 ? 1 : nonce < 0x10000 ? 2 : nonce < 0x1000000 ? 3 : 4;
            uint256 word = (0xd694 + (length << 8)) << 240 | uint256(uint160(book)) << 80;
            word |= length == 0 ? nonce << 72 : (0x80 + length) << 72 | nonce << (72 - 8 * length);
            assembly ("memory-safe") {
                mstore(0, word)
                page := and(keccak256(0, add(23, length)), 0xffffffffffffffffffffffffffffffffffffffff)
            }
        }
    }
}
