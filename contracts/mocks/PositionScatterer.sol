// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";

/// @dev Hands its position out, `amount` each to the holders whose addresses are the numbers from `first` on.
contract PositionScatterer is ERC1155Holder {
    function scatter(IERC1155 positions, uint256 position, uint160 first, uint160 count, uint256 amount) external {
        for (uint160 holder = first; holder < first + count; ++holder) {
            positions.safeTransferFrom(address(this), address(holder), position, amount, "");
        }
    }
}
