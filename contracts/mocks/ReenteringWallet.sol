// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @dev Tries a planned call from within the check of its signature and accepts only if that call went through.
contract ReenteringWallet is IERC1271 {
    address private _target;
    bytes private _call;

    function plan(address target, bytes calldata call_) external {
        _target = target;
        _call = call_;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        (bool done,) = _target.staticcall(_call);
        return done ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
