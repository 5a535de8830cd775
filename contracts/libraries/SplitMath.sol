// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Arithmetic of a split: from what has come in to what each payee is due.
/// @dev T is all that came in under one version of the shares, S the sum of shares. In whole multiples of S there are no
///      fractions: floor(T·s/S) = (T − r)·s/S + floor(r·s/S) with r = T mod S. So growth and remainder follow from r
///      alone, and no product exceeds (S + balance)·s < 2^225 for 32 shares of uint96 and a balance below 2^128, which
///      the ledger guarantees. T itself has room for 2^128 of the largest receipts.
library SplitMath {
    /// @notice What a payee with `share` of `sum` is entitled to out of `total`: floor(total × share / sum).
    /// @dev The one place that divides. Rounds down, against the payee. What all floors together leave is less than one
    ///      unit per payee; it stays in the split's sub-account and counts as received by the next distribution.
    ///      `total` × `share` must stay below 2^256, and `sum` is not zero: neither is checked again.
    function entitlement(uint256 total, uint256 share, uint256 sum) internal pure returns (uint256 due) {
        assembly ("memory-safe") {
            due := div(mul(total, share), sum)
        }
    }

    /// @notice One distribution under shares that have stood since `totalBefore` was zero.
    /// @param totalBefore T at the last distribution; every payee has had its entitlement out of it.
    /// @param balance All that the sub-account holds now: the remainder of `totalBefore` and what came in since.
    /// @param sum Of `shares`.
    /// @return totalAfter T now.
    /// @return paid Sum of `amounts`, never more than `balance`.
    /// @return amounts For each share what its entitlement has grown by.
    function payout(uint256 totalBefore, uint256 balance, uint256[] memory shares, uint256 sum)
        internal
        pure
        returns (uint256 totalAfter, uint256 paid, uint256[] memory amounts)
    {
        uint256 count = shares.length;
        amounts = new uint256[](count);
        // None of the sums below overflows: see the bounds above.
        unchecked {
            uint256 rest = totalBefore % sum;
            uint256 received = balance - rest;
            for (uint256 i = 0; i < count; ++i) {
                received += entitlement(rest, shares[i], sum);
            }
            totalAfter = totalBefore + received;
            received += rest;
            for (uint256 i = 0; i < count; ++i) {
                uint256 share = shares[i];
                uint256 amount = entitlement(received, share, sum) - entitlement(rest, share, sum);
                amounts[i] = amount;
                paid += amount;
            }
        }
    }
}
