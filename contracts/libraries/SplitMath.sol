// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Arithmetic of a split: from what has come in to what each payee is due.
/// @dev T is all that came in under one version of the shares. Nothing overflows: the product is 512 bits wide, and as
///      the ledger keeps every balance below 2^128, a T of 256 bits has room for 2^128 of the largest receipts.
library SplitMath {
    /// @notice What a payee with `share` of `sum` is entitled to out of `total`: floor(total × share / sum).
    /// @dev The one place that divides. Rounds down, against the payee. What all floors together leave is less than one
    ///      unit per payee; it stays in the split's sub-account and counts as received by the next distribution.
    function entitlement(uint256 total, uint256 share, uint256 sum) internal pure returns (uint256) {
        return Math.mulDiv(total, share, sum);
    }

    /// @notice One distribution under shares that have stood since `totalBefore` was zero.
    /// @param totalBefore T at the last distribution; every payee has had its entitlement out of it.
    /// @param balance All that the sub-account holds now: the remainder of `totalBefore` and what came in since.
    /// @return totalAfter T now.
    /// @return paid Sum of `amounts`, never more than `balance`.
    /// @return amounts For each share what its entitlement has grown by.
    function payout(
        uint256 totalBefore,
        uint256 balance,
        uint256[] memory shares
    ) internal pure returns (uint256 totalAfter, uint256 paid, uint256[] memory amounts) {
        uint256 sum;
        for (uint256 i = 0; i < shares.length; ++i) {
            sum += shares[i];
        }

        amounts = new uint256[](shares.length);
        uint256 paidBefore;
        for (uint256 i = 0; i < shares.length; ++i) {
            amounts[i] = entitlement(totalBefore, shares[i], sum);
            paidBefore += amounts[i];
        }

        totalAfter = paidBefore + balance;
        for (uint256 i = 0; i < shares.length; ++i) {
            amounts[i] = entitlement(totalAfter, shares[i], sum) - amounts[i];
            paid += amounts[i];
        }
    }
}
