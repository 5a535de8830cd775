// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetId} from "../types/Identifiers.sol";

/// The two answers that the registries ask of UsageAgreements, as a test sets them.
contract AgreementsStub {
    mapping(AssetId => uint256) public openAgreementsOf;
    mapping(AssetId => uint32) public longestNoticeOf;

    function set(AssetId asset, uint256 openAgreements, uint32 longestNotice) external {
        openAgreementsOf[asset] = openAgreements;
        longestNoticeOf[asset] = longestNotice;
    }
}
