// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IWorkerEligibility} from "../interfaces/IWorkerEligibility.sol";
import {IWorkerList} from "../interfaces/IWorkerList.sol";
import {AssetId} from "../types/Identifiers.sol";
import {OrderKind} from "../types/Service.sol";

/// @title List of admitted workers; see IWorkerList.
contract WorkerList is IWorkerList, AccessManaged {
    uint256 private constant KINDS = uint256(type(OrderKind).max) + 1;

    /// @inheritdoc IWorkerList
    mapping(address worker => uint8) public kindsOf;

    constructor(address authority) AccessManaged(authority) {}

    /// @inheritdoc IWorkerList
    function admit(address worker, uint8 kinds) external restricted {
        if (uint256(kinds) >> KINDS != 0) revert Workers_UnknownKinds(kinds);
        kindsOf[worker] = kinds;
        emit WorkerAdmitted(worker, kinds);
    }

    /// @inheritdoc IWorkerEligibility
    function refusal(AssetId, OrderKind kind, address worker) external view returns (bytes32 reason) {
        uint256 kinds = kindsOf[worker];
        if (kinds == 0) return "worker not admitted";
        if ((kinds >> uint8(kind)) & 1 == 0) return "not for this kind of work";
    }
}
