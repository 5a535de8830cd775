// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// The one slot that a reading writes: special 1 | sequence 31 | openedAt 32 | lastElapsed 32 | settled 80 | hold 80.
/// `special` says that the second slot must be read as well. Zero means "no such agreement".
type AgreementState is uint256;

using AgreementStateParts for AgreementState global;

uint256 constant SPECIAL_BIT = 1 << 255;
uint256 constant SEQUENCE_MASK = uint256(0x7fffffff) << 224;
uint256 constant ELAPSED_MASK = uint256(type(uint32).max) << 160;

function packState(bool special, uint32 sequence, uint32 openedAt, uint32 lastElapsed, uint80 settled, uint80 hold)
    pure
    returns (AgreementState)
{
    return AgreementState.wrap(
        (special ? SPECIAL_BIT : 0) | (uint256(sequence) << 224) | (uint256(openedAt) << 192)
            | (uint256(lastElapsed) << 160) | (uint256(settled) << 80) | hold
    );
}

library AgreementStateParts {
    function isUnknown(AgreementState state) internal pure returns (bool) {
        return AgreementState.unwrap(state) == 0;
    }

    function isSpecial(AgreementState state) internal pure returns (bool) {
        return AgreementState.unwrap(state) & SPECIAL_BIT != 0;
    }

    function sequence(AgreementState state) internal pure returns (uint32) {
        return uint32(AgreementState.unwrap(state) >> 224) & 0x7fffffff;
    }

    function openedAt(AgreementState state) internal pure returns (uint32) {
        return uint32(AgreementState.unwrap(state) >> 192);
    }

    function lastElapsed(AgreementState state) internal pure returns (uint32) {
        return uint32(AgreementState.unwrap(state) >> 160);
    }

    function settled(AgreementState state) internal pure returns (uint80) {
        return uint80(AgreementState.unwrap(state) >> 80);
    }

    function hold(AgreementState state) internal pure returns (uint80) {
        return uint80(AgreementState.unwrap(state));
    }

    /// @param taken At most the hold, so that nothing is carried from one field into another. Together they fit 80 bits:
    ///        settled + taken is a charge.
    function afterCharge(AgreementState state, uint32 sequence_, uint32 elapsed, uint80 taken)
        internal
        pure
        returns (AgreementState)
    {
        unchecked {
            uint256 word = AgreementState.unwrap(state) & ~(SEQUENCE_MASK | ELAPSED_MASK);
            word |= (uint256(sequence_) << 224) | (uint256(elapsed) << 160);
            return AgreementState.wrap(word + (uint256(taken) << 80) - taken);
        }
    }

    /// @param amount At most what the hold lacks to a target of 80 bits.
    function afterRefill(AgreementState state, uint80 amount) internal pure returns (AgreementState) {
        return AgreementState.wrap(AgreementState.unwrap(state) + amount);
    }

    function withoutHold(AgreementState state) internal pure returns (AgreementState) {
        return AgreementState.wrap(AgreementState.unwrap(state) & ~uint256(type(uint80).max));
    }
}
