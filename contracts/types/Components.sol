// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Why a part is built in or taken out: a step (an order, a pool's delivery, a decision) that a recorder contract knows.
/// `source` zero: no step, which only a maker may give who is still assembling.
struct StepReason {
    address source;
    uint256 id;
}
