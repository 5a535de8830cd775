// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Interest by the second, and payments shared by index: from what is owed and paid to what each position has earned.
/// @dev Both divisions round down and hand back what they cut off, in exact parts of a unit: whoever keeps it and gives it to the
///      next call ends, after any number of calls, where one call would have ended.
library Accrual {
    uint256 internal constant YEAR = 31_536_000; // seconds: 365 days, leap years too
    uint256 internal constant ALL_BPS = 10_000;
    /// @dev Of a fraction of interest: one unit at one basis point for one second is one part.
    uint256 internal constant PARTS = ALL_BPS * YEAR;
    /// @dev Of an index: units paid for each 2^56 units of principal. An index below 2^80 holds returns of 16 million times.
    uint256 internal constant SCALE = 2 ** 56;

    /// @notice Simple interest on `outstanding` units at `rateBps` a year for `elapsed` seconds; it bears no interest itself.
    /// @param fraction Parts left by the call before, less than PARTS.
    /// @return units Whole units, rounded down, against the investor.
    /// @return rest Parts for the next call, less than PARTS.
    function interest(uint256 outstanding, uint256 rateBps, uint256 elapsed, uint256 fraction)
        internal
        pure
        returns (uint256 units, uint256 rest)
    {
        uint256 parts = outstanding * rateBps * elapsed + fraction;
        (units, rest) = (parts / PARTS, parts % PARTS);
    }

    /// @notice How far `amount` units lift the index of `supply` units of principal.
    /// @param carry What the call before could not spread, in 1/SCALE units; less than `supply`, as is `rest`.
    function spread(uint256 amount, uint256 carry, uint256 supply)
        internal
        pure
        returns (uint256 growth, uint256 rest)
    {
        uint256 parts = amount * SCALE + carry;
        (growth, rest) = (parts / supply, parts % supply);
    }

    /// @notice What `balance` units of principal earn while the index grows by `growth`.
    /// @param fraction What the position's call before cut off, in 1/SCALE units; less than SCALE, as is `rest`.
    function earned(uint256 balance, uint256 growth, uint256 fraction)
        internal
        pure
        returns (uint256 units, uint256 rest)
    {
        uint256 parts = balance * growth + fraction;
        (units, rest) = (parts / SCALE, parts % SCALE);
    }
}
