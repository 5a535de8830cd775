// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IWorkerEligibility} from "./IWorkerEligibility.sol";

/// @title The first policy for workers: a list, kept by governance, of who does which kinds of work.
/// @notice It decides who may bid from now on. It cannot touch an order that is assigned, nor a payment.
interface IWorkerList is IWorkerEligibility {
    event WorkerAdmitted(address indexed worker, uint8 kinds);

    error Workers_UnknownKinds(uint8 kinds);

    // Governance

    /// @param kinds Bit n stands for OrderKind n; zero dismisses.
    function admit(address worker, uint8 kinds) external;

    function kindsOf(address worker) external view returns (uint8);
}
