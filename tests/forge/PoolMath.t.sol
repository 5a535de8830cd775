// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PoolMath} from "../../contracts/libraries/PoolMath.sol";

/// @dev Plain asserts: forge's standard library is not among the dependencies.
contract PoolMathTest {
    function testFuzz_duesArePaidWholePeriodsAtATime(
        uint32 until,
        uint32 period,
        uint80 dues,
        uint80 credit,
        uint40 time
    ) external pure {
        if (period == 0) return;
        (uint256 due, uint256 paid) = PoolMath.periods(until, period, dues, credit, time);
        assert(paid <= due);
        assert(paid * dues <= credit);
        if (paid < due) assert((paid + 1) * dues > credit);
        if (time < until) assert(due == 0);
        else assert(until + (due - 1) * period <= time && time < until + due * period);
    }

    /// @dev Drawn today and tomorrow, or tomorrow at once: the same.
    function testFuzz_drawingDuesOftenChangesNothing(uint80 dues, uint80 credit, uint32 first, uint32 more)
        external
        pure
    {
        uint256 period = 30 days;
        (, uint256 once) = PoolMath.periods(0, period, dues, credit, uint256(first) + more);
        (, uint256 early) = PoolMath.periods(0, period, dues, credit, first);
        (, uint256 late) = PoolMath.periods(early * period, period, dues, credit - early * dues, uint256(first) + more);
        assert(early + late == once);
    }

    function testFuzz_loanFeesStayWithinHoldAndDeposit(
        uint40 lentAt,
        uint32 loan,
        uint40 more,
        uint64 fee,
        uint80 deposit
    ) external pure {
        uint256 latest = uint256(lentAt) + loan;
        (uint256 forDays, uint256 late) = PoolMath.loanFees(lentAt, latest, uint256(lentAt) + more, fee, fee, deposit);
        assert(forDays <= PoolMath.daysBegun(loan) * fee);
        assert(forDays >= fee);
        assert(late <= deposit);
        if (more <= loan) assert(late == 0);
    }

    /// @dev Whoever leaves first: what the second gets differs by the unit lost in rounding down at most, and never to its harm.
    function testFuzz_theOrderOfLeavingHarmsNobody(uint64 a, uint64 b, uint64 c, uint72 cash) external pure {
        uint256 total = uint256(a) + b + c;
        uint256 first = PoolMath.share(b, total, cash);
        uint256 out = PoolMath.share(a, total, cash);
        uint256 second = PoolMath.share(b, total - a, cash - out);
        assert(second >= first);
        if (cash < total) assert(second - first <= 1);
        assert(first <= b);
        assert(out + second <= cash || cash >= total);
    }

    /// @dev Whatever the pool has, joining with an entry and leaving at once never pays.
    function testFuzz_joiningInOrderToLeaveGainsNothing(uint64 entry, uint64 total, uint72 cash) external pure {
        assert(PoolMath.share(entry, uint256(total) + entry, uint256(cash) + entry) <= entry);
    }
}
