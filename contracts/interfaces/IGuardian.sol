// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Some named people, of whom a quorum may stop new obligations for two weeks, and stop a decision that waits.
/// @notice Two pauses in any 365 days, each ends by itself after 14 days, 30 days free between. No pause reaches an exit. A queued
///         proposal may be cancelled, but none that is about the guardian. Nothing else.
interface IGuardian {
    event Agreed(bytes32 indexed action, address indexed guardian, uint256 agreed);
    event Paused(address[] targets, uint256 until);
    event Lifted(address[] targets);
    event Cancelled(bytes32 indexed operation);
    event Replaced(address[] guardians, uint8 quorum);

    error Guardian_NotGuardian(address caller);
    error Guardian_AgreedAlready(bytes32 action, address guardian);
    error Guardian_PauseTooSoon(uint256 from);
    error Guardian_AboutItself(bytes32 operation);
    error Guardian_BadSet(uint256 guardians, uint256 quorum);

    /// @notice Each of these happens with the call that completes the quorum; who agreed counts for 7 days.
    function pause(address[] calldata targets) external;
    function lift(address[] calldata targets) external;
    function cancel(
        address[] calldata targets,
        uint256[] calldata values,
        bytes[] calldata payloads,
        bytes32 descriptionHash
    ) external;

    /// @notice By decision: three to nine people, more than half of them the quorum.
    function replace(address[] calldata guardians, uint8 quorum) external;

    function guardians() external view returns (address[] memory, uint8 quorum);
    /// @notice When the next pause is possible.
    function pausableFrom() external view returns (uint256);
}
