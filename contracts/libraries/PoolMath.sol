// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Arithmetic of spare pools: dues, days of a loan, and what a member takes along. Amounts in base units, times in seconds.
library PoolMath {
    /// @return due Periods that have begun at `time` and are not paid for; one begins at `duesUntil` itself.
    /// @return paid How many of them the credit pays for.
    function periods(uint256 duesUntil, uint256 period, uint256 dues, uint256 credit, uint256 time)
        internal
        pure
        returns (uint256 due, uint256 paid)
    {
        if (time < duesUntil) return (0, 0);
        due = (time - duesUntil) / period + 1;
        paid = dues == 0 || due * dues <= credit ? due : credit / dues;
    }

    /// @notice Days begun: rounded up, at least one.
    function daysBegun(uint256 span) internal pure returns (uint256) {
        return span == 0 ? 1 : (span + 1 days - 1) / 1 days;
    }

    /// @return fee For each day begun up to the latest return.
    /// @return late For each day begun after it, at most the deposit.
    function loanFees(
        uint256 lentAt,
        uint256 latest,
        uint256 time,
        uint256 feePerDay,
        uint256 lateFeePerDay,
        uint256 deposit
    ) internal pure returns (uint256 fee, uint256 late) {
        uint256 until = time < latest ? time : latest;
        fee = daysBegun(until - lentAt) * feePerDay;
        if (time <= latest) return (fee, 0);
        late = daysBegun(time - latest) * lateFeePerDay;
        if (late > deposit) late = deposit;
    }

    /// @notice What a member who leaves takes of the pool's cash: its part by contributions, never more than it has contributed.
    ///         Rounded down: the rest stays with those who stay, so the part of each of them never falls by it.
    function share(uint256 contributed, uint256 total, uint256 cash) internal pure returns (uint256) {
        if (cash >= total) return contributed;
        return cash * contributed / total;
    }
}
