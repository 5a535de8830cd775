// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HostileToken} from "./HostileToken.sol";

/// @dev Makes one planned call in the middle of each transfer and keeps the answer.
contract ReenteringToken is HostileToken {
    address private _target;
    bytes private _call;

    bool public succeeded;
    bytes public answer;

    function plan(address target, bytes calldata call_) external {
        _target = target;
        _call = call_;
    }

    /// @dev Acts as an account holder: the token itself has an account in the ledger.
    function act(address target, bytes calldata call_) external {
        (bool done, bytes memory result) = target.call(call_);
        require(done, string(result));
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (_target != address(0)) (succeeded, answer) = _target.call(_call);
    }
}
