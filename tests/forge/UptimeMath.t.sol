// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {UptimeMath} from "contracts/libraries/UptimeMath.sol";
import {UptimeSlots} from "contracts/types/Guarantee.sol";

/// Credits of a period never exceed its pool, and a slot is judged by its strongest sign.
contract UptimeMathTest {
    function testFuzz_OnesAreCountedAsOneByOne(uint256 word) external pure {
        uint256 count;
        for (uint256 rest = word; rest != 0; rest &= rest - 1) {
            ++count;
        }
        assert(UptimeMath.ones(word) == count);
        assert(UptimeMath.ones(type(uint256).max) == 256);
    }

    function testFuzz_EachSlotIsJudgedByItsStrongestSign(UptimeSlots calldata slots, uint256 mask) external pure {
        (uint256 up, uint256 counted) = UptimeMath.tally(slots, mask);
        uint256 upOneByOne;
        uint256 countedOneByOne;
        for (uint256 i = 0; i < 256; ++i) {
            if (!_has(mask, i) || _has(slots.maintenance, i)) continue;
            if (_has(slots.down, i)) ++countedOneByOne;
            else if (_has(slots.byCustomer, i)) continue;
            else (upOneByOne, countedOneByOne) = (upOneByOne + (_has(slots.up, i) ? 1 : 0), countedOneByOne + 1);
        }
        assert(up == upOneByOne && counted == countedOneByOne);
    }

    /// Whatever the charges, the parts of all stay within the pool.
    function testFuzz_PartsNeverExceedThePool(uint80[8] calldata charges, uint128 pool) external pure {
        uint256 charged;
        for (uint256 i = 0; i < charges.length; ++i) {
            charged += charges[i];
        }
        uint256 paid;
        for (uint256 i = 0; i < charges.length; ++i) {
            paid += UptimeMath.part(pool, charges[i], charged);
        }
        assert(paid <= pool);
        if (charged != 0) assert(pool - paid < charges.length);
    }

    function testFuzz_LessUptimeNeverPaysLess(
        uint16 up,
        uint16 fewer,
        uint16 counted,
        uint16 promised,
        uint16 rate,
        uint16 most
    ) external pure {
        if (up > counted) up = counted;
        if (fewer > up) fewer = up;
        uint256 credit = UptimeMath.credit(up, counted, promised, rate, most);
        assert(credit <= UptimeMath.credit(fewer, counted, promised, rate, most));
        assert(credit <= most);
        if (up == counted && promised <= 10_000) assert(credit == 0);
    }

    function check_WhatCountsIsWithinTheMaskAndUpIsPartOfIt(
        uint256 up,
        uint256 down,
        uint256 byCustomer,
        uint256 maintenance,
        uint256 mask
    ) external pure {
        UptimeSlots memory slots = UptimeSlots(up, down, byCustomer, maintenance);
        (uint256 isUp, uint256 counted) = UptimeMath.tally(slots, mask & 0xFF);
        assert(isUp <= counted && counted <= 8);
    }

    function _has(uint256 word, uint256 bit) private pure returns (bool) {
        return (word >> bit) & 1 == 1;
    }
}
