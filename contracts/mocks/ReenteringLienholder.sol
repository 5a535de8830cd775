// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {ILienholder} from "../interfaces/ILienholder.sol";
import {AssetId} from "../types/Identifiers.sol";
import {OrderKind} from "../types/Service.sol";

/// @dev Wants to be asked about a machine, calls back with what it was told to, remembers the answer, and agrees.
contract ReenteringLienholder is ILienholder, IERC165 {
    bytes private _call;
    bool public worked;
    bytes public answer;

    function plan(bytes calldata call_) external {
        _call = call_;
    }

    function useReserve(AssetId, OrderKind, address, address, uint256) external {
        (worked, answer) = msg.sender.call(_call);
    }

    function checkPermitSigner(AssetId, address) external pure {}

    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(ILienholder).interfaceId || interfaceId == type(IERC165).interfaceId;
    }
}
