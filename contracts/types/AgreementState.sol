// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// The one slot that a reading writes: special 1 | sequence 31 | openedAt 32 | lastElapsed 32 | settled 80 | hold 80.
/// `special` says that the second slot must be read as well. Zero means "no such agreement".
type AgreementState is uint256;

/// So that the place of a state can be named once, to read and to write it.
struct Kept {
    AgreementState state;
}

using AgreementStateParts for AgreementState global;

uint256 constant SPECIAL_SHIFT = 255;
uint256 constant SPECIAL_BIT = 2 ** SPECIAL_SHIFT;
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

/// The parts come as whole words, by two shifts: cheaper than to mask, and nothing has to be widened afterwards.
library AgreementStateParts {
    function isUnknown(AgreementState state) internal pure returns (bool) {
        return AgreementState.unwrap(state) == 0;
    }

    function isSpecial(AgreementState state) internal pure returns (bool) {
        return AgreementState.unwrap(state) >> SPECIAL_SHIFT != 0;
    }

    function sequence(AgreementState state) internal pure returns (uint256) {
        return AgreementState.unwrap(state) << 1 >> 225;
    }

    function openedAt(AgreementState state) internal pure returns (uint256) {
        return AgreementState.unwrap(state) << 32 >> 224;
    }

    function lastElapsed(AgreementState state) internal pure returns (uint256) {
        return AgreementState.unwrap(state) << 64 >> 224;
    }

    function settled(AgreementState state) internal pure returns (uint256) {
        return AgreementState.unwrap(state) << 96 >> 176;
    }

    function hold(AgreementState state) internal pure returns (uint256) {
        return AgreementState.unwrap(state) << 176 >> 176;
    }

    /// @param sequence_ Below 2^31.
    /// @param elapsed Below 2^32.
    /// @param taken At most the hold, so that nothing is carried from one field into another. Together they fit 80 bits:
    ///        settled + taken is a charge.
    function afterCharge(AgreementState state, uint256 sequence_, uint256 elapsed, uint256 taken)
        internal
        pure
        returns (AgreementState)
    {
        unchecked {
            uint256 word = AgreementState.unwrap(state) & ~(SEQUENCE_MASK | ELAPSED_MASK);
            word |= (sequence_ << 224) | (elapsed << 160);
            return AgreementState.wrap(word + (taken << 80) - taken);
        }
    }

    /// @param amount At most what the hold lacks to a target of 80 bits.
    function afterRefill(AgreementState state, uint256 amount) internal pure returns (AgreementState) {
        return AgreementState.wrap(AgreementState.unwrap(state) + amount);
    }

    function withoutHold(AgreementState state) internal pure returns (AgreementState) {
        return AgreementState.wrap(AgreementState.unwrap(state) & ~uint256(type(uint80).max));
    }
}
