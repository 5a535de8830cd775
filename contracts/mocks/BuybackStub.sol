// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBuybackExercise} from "../financing/IBuybackExercise.sol";
import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";

/// @dev Guarantee n buys asset n back, for what is on this contract's own account: stands in for BuybackGuarantees.
contract BuybackStub is IBuybackExercise {
    IAssetRegistry private immutable ASSETS;
    IPrepaidAccounts private immutable ACCOUNTS;
    address private immutable CURRENCY;

    constructor(IAssetRegistry assets, IPrepaidAccounts accounts, address currency) {
        (ASSETS, ACCOUNTS, CURRENCY) = (assets, accounts, currency);
    }

    function exercise(uint256 guaranteeId, bytes calldata) external returns (uint256 paid) {
        uint256 id = uint160(CURRENCY);
        paid = ACCOUNTS.balanceOf(address(this), id);
        ASSETS.transferFrom(msg.sender, address(this), guaranteeId);
        ACCOUNTS.transfer(msg.sender, id, paid);
    }
}
