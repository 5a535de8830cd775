// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMembership} from "../../interfaces/IMembership.sol";
import {IWorkerEligibility} from "../../interfaces/IWorkerEligibility.sol";
import {AssetId} from "../../types/Identifiers.sol";
import {MemberClass} from "../../types/Membership.sol";
import {OrderKind} from "../../types/Service.sol";

/// @title Who may bid: service providers for their trades, and to dismantle only recyclers, who have shown a certificate.
contract MemberWorkers is IWorkerEligibility {
    IMembership public immutable membership;

    constructor(IMembership membership_) {
        membership = membership_;
    }

    /// @inheritdoc IWorkerEligibility
    function refusal(AssetId, OrderKind kind, address worker) external view returns (bytes32 reason) {
        if (kind == OrderKind.Dismantle) return membership.refusal(worker, MemberClass.Recycler);
        reason = membership.refusal(worker, MemberClass.ServiceProvider);
        if (reason == 0 && (membership.tradesOf(worker) >> uint8(kind)) & 1 == 0) return "not for this kind of work";
    }
}
