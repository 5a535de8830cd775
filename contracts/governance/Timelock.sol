// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title Every decision waits here for at least as long as the longest notice of an agreement: who dislikes it leaves before.
/// @dev The governor alone proposes and executes, the guardian may cancel, and nobody is its administrator but itself; the
///      functions by which it could change that are on no list (Decisions).
contract Timelock is TimelockController {
    uint256 public constant SHORTEST = 30 days;

    error Timelock_TooShort(uint256 delay, uint256 least);

    constructor(uint256 delay, address governor, address guardian)
        TimelockController(delay, _only(governor), _only(governor), address(0))
    {
        if (delay < SHORTEST) revert Timelock_TooShort(delay, SHORTEST);
        _grantRole(CANCELLER_ROLE, guardian);
    }

    function _only(address one) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = one;
    }
}
