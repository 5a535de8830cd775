// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PositionView, RoundId, TrancheView} from "../types/Financing.sol";

/// @title What a wallet shows of rounds.
interface IRoundViews {
    function trancheOf(RoundId round, uint8 tranche) external view returns (TrancheView memory);
    function positionOf(RoundId round, uint8 tranche, address holder) external view returns (PositionView memory);
}
