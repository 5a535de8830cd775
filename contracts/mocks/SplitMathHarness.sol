// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SplitMath} from "../libraries/SplitMath.sol";

contract SplitMathHarness {
    function entitlement(uint256 total, uint256 share, uint256 sum) external pure returns (uint256) {
        return SplitMath.entitlement(total, share, sum);
    }

    function payout(uint256 totalBefore, uint256 balance, uint256[] calldata shares)
        external
        pure
        returns (uint256 totalAfter, uint256 paid, uint256[] memory amounts)
    {
        uint256 sum;
        for (uint256 i = 0; i < shares.length; ++i) {
            sum += shares[i];
        }
        return SplitMath.payout(totalBefore, balance, shares, sum);
    }
}
