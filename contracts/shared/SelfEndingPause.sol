// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A pause of new obligations that ends by itself after 14 days, whoever forgot or refuses to end it.
/// @dev Events, errors and views are those of OpenZeppelin's Pausable, which has no end. How often it may be done is the
///      guardian's rule (governance/Guardian).
abstract contract SelfEndingPause {
    uint256 private constant LENGTH = 14 days;

    uint256 private _pausedUntil;

    event Paused(address account);
    event Unpaused(address account);

    error EnforcedPause();
    error ExpectedPause();

    modifier whenNotPaused() {
        _requireNotPaused();
        _;
    }

    function paused() public view virtual returns (bool) {
        return block.timestamp < _pausedUntil;
    }

    function _pause() internal {
        _requireNotPaused();
        _pausedUntil = block.timestamp + LENGTH;
        emit Paused(msg.sender);
    }

    function _unpause() internal {
        if (!paused()) revert ExpectedPause();
        _pausedUntil = 0;
        emit Unpaused(msg.sender);
    }

    function _requireNotPaused() internal view {
        if (paused()) revert EnforcedPause();
    }
}
