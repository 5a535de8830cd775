// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SplitMath} from "contracts/libraries/SplitMath.sol";

/// I-7, Q-12 and Q-13 of the arithmetic alone, over any shares of uint96 and any receipts of uint128.
contract SplitMathTest {
    uint256 private constant MOST_PAYEES = 32;

    /// I-7: nothing is made or lost in one distribution, and what stays is less than one unit per payee.
    function testFuzz_I7_PaidAndRemainderMakeUpTheBalance(uint96[] calldata seeds, uint128 first, uint128 second)
        external
        pure
    {
        uint256[] memory shares = _shares(seeds);
        (uint256 total,, uint256[] memory before) = SplitMath.payout(0, first, shares, _sum(shares));
        uint256 carried = first - _sum(before);
        (, uint256 paid, uint256[] memory amounts) = SplitMath.payout(total, carried + second, shares, _sum(shares));

        assert(_sum(amounts) == paid);
        assert(paid <= carried + second);
        assert(carried + second - paid < shares.length);
    }

    /// The assembly is the formula, wherever the formula does not overflow.
    function testFuzz_AnEntitlementIsTheFloorOfItsPart(uint128 total, uint96 share, uint128 more) external pure {
        uint256 sum = uint256(share) + more + 1;
        assert(SplitMath.entitlement(total, share, sum) == uint256(total) * share / sum);
    }

    /// Q-13: any number of slices pays every payee exactly what one shot pays.
    function testFuzz_Q13_SlicingNeverBeatsOneShot(uint96[] calldata seeds, uint128[12] calldata receipts)
        external
        pure
    {
        uint256[] memory shares = _shares(seeds);
        uint256[] memory got = new uint256[](shares.length);
        uint256 total;
        uint256 balance;
        uint256 received;
        for (uint256 i = 0; i < receipts.length; ++i) {
            balance += receipts[i];
            received += receipts[i];
            uint256 paid;
            uint256[] memory amounts;
            (total, paid, amounts) = SplitMath.payout(total, balance, shares, _sum(shares));
            balance -= paid;
            for (uint256 j = 0; j < shares.length; ++j) {
                got[j] += amounts[j];
            }
        }

        (,, uint256[] memory oneShot) = SplitMath.payout(0, received, shares, _sum(shares));
        for (uint256 j = 0; j < shares.length; ++j) {
            assert(got[j] == oneShot[j]);
        }
        assert(total == received);
    }

    /// I-7: a payee is less than one unit below its exact part, and never above it.
    function testFuzz_I7_EachPayeeWithinOneUnit(uint96 share, uint96 others, uint128 received) external pure {
        if (share == 0) share = 1;
        uint256 sum = uint256(share) + others;
        uint256 due = SplitMath.entitlement(received, share, sum);
        assert(due * sum <= uint256(received) * share);
        assert((due + 1) * sum > uint256(received) * share);
    }

    /// A distribution that pays nothing may be left out: the next one ends in the same place.
    function testFuzz_LeavingOutAnEmptyDistributionChangesNothing(
        uint96[] calldata seeds,
        uint128 first,
        uint128 second
    ) external pure {
        uint256[] memory shares = _shares(seeds);
        (uint256 total, uint256 paid,) = SplitMath.payout(0, first, shares, _sum(shares));
        if (paid != 0) return;
        (uint256 totalWith, uint256 paidWith, uint256[] memory with_) =
            SplitMath.payout(total, uint256(first) + second, shares, _sum(shares));
        (uint256 totalWithout, uint256 paidWithout, uint256[] memory without) =
            SplitMath.payout(0, uint256(first) + second, shares, _sum(shares));
        assert(totalWith == totalWithout);
        assert(paidWith == paidWithout);
        assert(keccak256(abi.encode(with_)) == keccak256(abi.encode(without)));
    }

    /// T near its very end, with the largest shares and as many payees as there can be.
    function testFuzz_NothingOverflowsAtTheMaxima(uint128 below, uint128 receipt) external pure {
        uint256[] memory shares = new uint256[](MOST_PAYEES);
        for (uint256 i = 0; i < MOST_PAYEES; ++i) {
            shares[i] = type(uint96).max;
        }
        uint256 total = type(uint256).max - below - receipt;
        (uint256 totalAfter, uint256 paid, uint256[] memory amounts) =
            SplitMath.payout(total, total % MOST_PAYEES + receipt, shares, _sum(shares));
        assert(totalAfter == type(uint256).max - below);
        assert(_sum(amounts) == paid);
    }

    function _shares(uint96[] calldata seeds) private pure returns (uint256[] memory shares) {
        uint256 count = seeds.length == 0 ? 1 : seeds.length > MOST_PAYEES ? MOST_PAYEES : seeds.length;
        shares = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            shares[i] = i < seeds.length && seeds[i] != 0 ? seeds[i] : 1;
        }
    }

    function _sum(uint256[] memory values) private pure returns (uint256 sum) {
        for (uint256 i = 0; i < values.length; ++i) {
            sum += values[i];
        }
    }
}
