// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {UptimeSlots} from "../types/Guarantee.sol";

/// @title Which slots of a period count, how many were up, and what is missing to the promise.
library UptimeMath {
    uint256 private constant WHOLE = 10_000;

    /// @notice Announced maintenance counts neither way; of the rest "down" outdoes a stop of the customer's, which outdoes "up".
    ///         A slot with nothing is silence, hence down.
    /// @param mask The slots of the word that belong to the period.
    /// @return up Slots.
    /// @return counted Slots, those included that were up.
    function tally(UptimeSlots memory slots, uint256 mask) internal pure returns (uint256 up, uint256 counted) {
        uint256 left = mask & ~slots.maintenance & ~(slots.byCustomer & ~slots.down);
        return (ones(left & slots.up & ~slots.down), ones(left));
    }

    /// @return Basis points of the charges that come back: `creditBps` for each per cent that the uptime, rounded down, lacks.
    function credit(uint256 up, uint256 counted, uint256 promisedBps, uint256 creditBps, uint256 mostCreditBps)
        internal
        pure
        returns (uint256)
    {
        if (counted == 0) return 0;
        uint256 reached = up * WHOLE / counted;
        if (reached >= promisedBps) return 0;
        uint256 due = (promisedBps - reached) * creditBps / 100;
        return due < mostCreditBps ? due : mostCreditBps;
    }

    /// @notice One customer's part, rounded down: the parts of all never exceed the pool.
    function part(uint256 pool, uint256 charge, uint256 charged) internal pure returns (uint256) {
        return charged == 0 ? 0 : pool * charge / charged;
    }

    /// @return The ones of a word, added up in parallel: in pairs, fours, bytes, and all bytes at once.
    function ones(uint256 word) internal pure returns (uint256) {
        if (word == type(uint256).max) return 256;
        unchecked {
            word -= (word >> 1) & (type(uint256).max / 3);
            word = (word & (type(uint256).max / 5)) + ((word >> 2) & (type(uint256).max / 5));
            word = (word + (word >> 4)) & (type(uint256).max / 17);
            return (word * (type(uint256).max / 255)) >> 248;
        }
    }
}
