// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";

/// @dev Calls where it was told to when it receives a title, and fails as that call fails.
contract TitleReceiver is IERC721Receiver {
    address private _target;
    bytes private _call;
    address public ownerSeen;

    function plan(address target, bytes calldata call_) external {
        _target = target;
        _call = call_;
    }

    function forward(address target, bytes calldata call_) external {
        _forward(target, call_);
    }

    function onERC721Received(address, address, uint256 tokenId, bytes calldata) external returns (bytes4) {
        ownerSeen = IERC721(msg.sender).ownerOf(tokenId);
        if (_target != address(0)) _forward(_target, _call);
        return IERC721Receiver.onERC721Received.selector;
    }

    function _forward(address target, bytes memory call_) private {
        (bool done, bytes memory reason) = target.call(call_);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(reason, 0x20), mload(reason))
            }
        }
    }
}
