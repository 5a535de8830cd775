// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICoFinancing} from "../interfaces/ICoFinancing.sol";
import {IFeeSplitter} from "../interfaces/IFeeSplitter.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {IRoundBallots} from "../interfaces/IRoundBallots.sol";
import {IRoundBook} from "../interfaces/IRoundBook.sol";
import {IRoundCollateral} from "../interfaces/IRoundCollateral.sol";
import {Round, RoundId, StoredRound, Tranche} from "../types/Financing.sol";
import {RoundStore} from "./RoundStore.sol";
import {Standing} from "./Standing.sol";

/// @title The money of rounds and the positions in them; see ICoFinancing.
/// @dev Calls go to contracts of this platform only, and to the hook of whoever receives a position. RoundStore → Positions → Funding
///      → Distributing → Standing: one contract in six files.
contract CoFinancing is Standing {
    constructor(
        IPrepaidAccounts accounts,
        IFeeSplitter splitter,
        IRoundBook book,
        IRoundCollateral collateral,
        IRoundBallots ballots
    ) RoundStore(accounts, splitter, book, collateral, ballots) {}

    /// @inheritdoc ICoFinancing
    function roundInfo(RoundId id) external view returns (Round memory) {
        StoredRound storage round = _rounds[id];
        return Round({
            received: _received(id, round),
            raised: round.raised,
            startedAt: round.startedAt,
            state: round.state,
            tranches: round.tranches,
            currency: round.currency,
            split: round.split,
            provider: round.provider,
            residualTotal: round.residualTotal,
            defaultedAt: round.defaultedAt,
            earlierAt: round.earlierAt,
            earlierReceived: round.earlierReceived,
            laterAt: round.laterAt,
            laterReceived: round.laterReceived
        });
    }

    /// @inheritdoc ICoFinancing
    function trancheInfo(RoundId id, uint8 tranche) external view returns (Tranche memory) {
        return _tranches[_checkTranche(id, _rounds[id], tranche)];
    }

    /// @inheritdoc ICoFinancing
    function duesOf(RoundId id, uint8 tranche) external view returns (uint256 interestDue, uint256 paid) {
        Tranche storage stored = _tranches[_checkTranche(id, _rounds[id], tranche)];
        return (_due(stored), _paidTo(stored));
    }

    /// @inheritdoc ICoFinancing
    function accountOf(RoundId id) external view returns (address) {
        return _account(id);
    }
}
