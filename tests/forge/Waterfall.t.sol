// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Waterfall} from "contracts/libraries/Waterfall.sol";

/// Q-19 and Q-20 of the arithmetic alone. `check_…` are proved by halmos for every number: one turn, and two turns behind each
/// other, from which any number of tranches follows by induction. `testFuzz_…` try four tranches.
contract WaterfallTest {
    struct Paid {
        uint256[4] interest;
        uint256[4] principal;
        uint256 rest;
    }

    /// I-8: one turn gives out what comes in and no more than is due, and leaves something only where the tranche is full.
    function check_I8_OneTurn(uint88 cash, uint88 due, uint88 outstanding) public pure {
        (uint256 toInterest, uint256 toPrincipal, uint256 rest) = Waterfall.pay(cash, due, outstanding);
        assert(toInterest + toPrincipal + rest == cash);
        assert(toInterest <= due && toPrincipal <= outstanding);
        assert(toPrincipal == 0 || toInterest == due);
        assert(rest == 0 || (toInterest == due && toPrincipal == outstanding));
    }

    /// Q-19: a junior gets nothing while anything of its senior is unpaid.
    function check_Q19_TwoTurns(uint88 cash, uint88[2] memory due, uint88[2] memory outstanding) public pure {
        (uint256 toInterest, uint256 toPrincipal, uint256 rest) = Waterfall.pay(cash, due[0], outstanding[0]);
        (uint256 juniorInterest, uint256 juniorPrincipal,) = Waterfall.pay(rest, due[1], outstanding[1]);
        bool isSeniorFull = toInterest == due[0] && toPrincipal == outstanding[0];
        assert(isSeniorFull || (juniorInterest == 0 && juniorPrincipal == 0));
    }

    /// Q-20: a senior loses nothing while anything of its junior is left; nothing of the loss goes missing.
    function check_Q20_TwoTurns(uint88 loss, uint88 senior, uint88 junior) public pure {
        (uint256 byJunior, uint256 left) = Waterfall.writeDown(loss, junior);
        (uint256 bySenior, uint256 rest) = Waterfall.writeDown(left, senior);
        assert(byJunior + bySenior + rest == loss);
        assert(byJunior <= junior && bySenior <= senior);
        assert(bySenior == 0 || byJunior == junior);
    }

    /// I-8: what comes in is what goes out, and nobody gets more than is due.
    function _checkConserves(uint88 cash, uint88[4] memory due, uint88[4] memory outstanding) public pure {
        Paid memory paid = _run(cash, due, outstanding);
        uint256 sum = paid.rest;
        for (uint256 i = 0; i < 4; ++i) {
            sum += paid.interest[i] + paid.principal[i];
            assert(paid.interest[i] <= due[i] && paid.principal[i] <= outstanding[i]);
        }
        assert(sum == cash);
    }

    /// Q-19, I-8: a bucket gets something only where every bucket before it is full.
    function _checkOrder(uint88 cash, uint88[4] memory due, uint88[4] memory outstanding) private pure {
        Paid memory paid = _run(cash, due, outstanding);
        bool full = true;
        for (uint256 i = 0; i < 4; ++i) {
            assert(full || paid.interest[i] == 0);
            full = full && paid.interest[i] == due[i];
            assert(full || paid.principal[i] == 0);
            full = full && paid.principal[i] == outstanding[i];
        }
        assert(full || paid.rest == 0);
    }

    /// Q-20: what is lost is written down completely, and no senior loses before the junior is at nothing.
    function _checkLossesRunUp(uint88 loss, uint88[4] memory outstanding) private pure {
        (uint256[4] memory written, uint256 rest) = _lose(loss, outstanding);
        uint256 sum = rest;
        for (uint256 i = 0; i < 4; ++i) {
            sum += written[i];
            assert(written[i] <= outstanding[i]);
            if (i != 3) assert(written[i] == 0 || written[i + 1] == outstanding[i + 1]);
        }
        assert(sum == loss);
        assert(rest == 0 || written[0] == outstanding[0]);
    }

    /// Down with what there is, then up with the rest: whoever is above somebody who got anything lost nothing.
    function _checkBothMeet(uint88 cash, uint88[4] memory outstanding) private pure {
        uint88[4] memory nothingDue;
        Paid memory paid = _run(cash, nothingDue, outstanding);
        uint256 loss;
        uint88[4] memory left;
        for (uint256 i = 0; i < 4; ++i) {
            left[i] = uint88(outstanding[i] - paid.principal[i]);
            loss += left[i];
        }
        (uint256[4] memory written, uint256 rest) = _lose(loss, left);
        assert(rest == 0);
        for (uint256 i = 0; i < 4; ++i) {
            assert(paid.principal[i] + written[i] == outstanding[i]);
            if (i != 3) assert(paid.principal[i + 1] == 0 || written[i] == 0);
        }
    }

    function testFuzz_I8_Q19(uint88 cash, uint88[4] calldata due, uint88[4] calldata outstanding) external pure {
        _checkConserves(cash, due, outstanding);
        _checkOrder(cash, due, outstanding);
    }

    function testFuzz_Q20(uint88 amount, uint88[4] calldata outstanding) external pure {
        _checkLossesRunUp(amount, outstanding);
        _checkBothMeet(amount, outstanding);
    }

    /// Q-13: cash in two slices pays everybody what it pays in one.
    function testFuzz_Q13_SlicesPayWhatOneShotPays(
        uint88 first,
        uint88 second,
        uint88[4] memory due,
        uint88[4] memory outstanding
    ) external pure {
        Paid memory once = _run(uint256(first) + second, due, outstanding);
        Paid memory one = _run(first, due, outstanding);
        for (uint256 i = 0; i < 4; ++i) {
            due[i] -= uint88(one.interest[i]);
            outstanding[i] -= uint88(one.principal[i]);
        }
        Paid memory two = _run(one.rest + second, due, outstanding);
        for (uint256 i = 0; i < 4; ++i) {
            assert(one.interest[i] + two.interest[i] == once.interest[i]);
            assert(one.principal[i] + two.principal[i] == once.principal[i]);
        }
        assert(two.rest == once.rest);
    }

    function _run(uint256 cash, uint88[4] memory due, uint88[4] memory outstanding)
        private
        pure
        returns (Paid memory paid)
    {
        paid.rest = cash;
        for (uint256 i = 0; i < 4; ++i) {
            (paid.interest[i], paid.principal[i], paid.rest) = Waterfall.pay(paid.rest, due[i], outstanding[i]);
        }
    }

    function _lose(uint256 loss, uint88[4] memory outstanding)
        private
        pure
        returns (uint256[4] memory written, uint256 rest)
    {
        rest = loss;
        for (uint256 i = 4; i != 0; --i) {
            (written[i - 1], rest) = Waterfall.writeDown(rest, outstanding[i - 1]);
        }
    }
}
