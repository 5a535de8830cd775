// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";

/// @dev Calls where it was told to when it receives a position, remembers whether that worked, and accepts all the same.
contract PositionReceiver is ERC1155Holder {
    address private _target;
    bytes private _call;
    bool public worked;
    bytes public answer;

    function plan(address target, bytes calldata call_) external {
        (_target, _call) = (target, call_);
    }

    function forward(address target, bytes calldata call_) external {
        (bool done, bytes memory reason) = target.call(call_);
        if (done) return;
        assembly ("memory-safe") {
            revert(add(reason, 0x20), mload(reason))
        }
    }

    function onERC1155Received(address operator, address from, uint256 id, uint256 value, bytes memory data)
        public
        override
        returns (bytes4)
    {
        if (_target != address(0)) (worked, answer) = _target.call(_call);
        return super.onERC1155Received(operator, from, id, value, data);
    }
}
