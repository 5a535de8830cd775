// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The part of BuybackGuarantees that a round calls on default.
/// @notice The caller owns the title and has approved the guarantee contract for it; the money is on the caller's account afterwards.
interface IBuybackExercise {
    /// @param statusAndSignature ABI-encoded (Status, bytes): how worn the machine is, signed by its meter; empty for the worst case.
    /// @return paid Units that the caller's account was credited with.
    function exercise(uint256 guaranteeId, bytes calldata statusAndSignature) external returns (uint256 paid);
}
