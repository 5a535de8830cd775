// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISignedForms} from "./ISignedForms.sol";
import {CoreGrade, HandOver, OrderId} from "../types/Service.sol";

/// @title The way back of a machine: who gave it to whom, signed by both hands, and its grade.
/// @notice A collect order has two hand-overs: giver → worker without a grade, then worker → provider, or to whom the provider
///         names by carrying the form itself, with the grade. Nobody's word alone counts.
interface IHandOvers is ISignedForms {
    /// What a collect order has come to.
    struct Collection {
        address giver; // who gave the machine to the worker: the core payment is theirs
        CoreGrade grade; // as the one who took it from the worker signed; none until then
    }

    event HandedOver(
        OrderId indexed order, address indexed giver, address indexed taker, CoreGrade grade, bytes32 conditionHash
    );

    error HandOvers_Refused(OrderId order, bytes32 reason);

    /// @notice Anyone carries it, but see above for a taker other than the provider.
    function handOver(HandOver calldata form, bytes calldata giverSignature, bytes calldata takerSignature) external;

    function collectionOf(OrderId order) external view returns (Collection memory);
    function digestOf(HandOver calldata form) external view returns (bytes32);
}
