// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Who is paid first, and who loses first. Whole units; nothing is made or lost.
/// @notice Cash runs down: a tranche's interest due, then its principal, and only then the tranche below it (Q-19). Losses run up: the
///         lowest tranche is written down to nothing before the one above it loses a unit (Q-20). What is left once all are repaid is
///         shared like a split's fees (SplitMath).
library Waterfall {
    /// @notice One tranche's turn; call from senior to junior with the `rest` of the call before.
    /// @return toInterest At most `interestDue`.
    /// @return toPrincipal At most `outstanding`; zero while interest is due.
    /// @return rest cash − toInterest − toPrincipal; zero unless the tranche is paid in full.
    function pay(uint256 cash, uint256 interestDue, uint256 outstanding)
        internal
        pure
        returns (uint256 toInterest, uint256 toPrincipal, uint256 rest)
    {
        toInterest = _less(cash, interestDue);
        toPrincipal = _less(cash - toInterest, outstanding);
        rest = cash - toInterest - toPrincipal;
    }

    /// @notice One tranche's turn; call from junior to senior with the `rest` of the call before.
    /// @return written At most `outstanding`.
    /// @return rest loss − written; zero unless the tranche is written off.
    function writeDown(uint256 loss, uint256 outstanding) internal pure returns (uint256 written, uint256 rest) {
        written = _less(loss, outstanding);
        rest = loss - written;
    }

    /// @dev A branch, not OpenZeppelin's branchless `min`: half the gas, and arithmetic that a solver can follow.
    function _less(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
