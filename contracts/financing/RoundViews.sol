// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICoFinancing} from "../interfaces/ICoFinancing.sol";
import {IRoundBallots} from "../interfaces/IRoundBallots.sol";
import {IRoundBook} from "../interfaces/IRoundBook.sol";
import {IRoundViews} from "../interfaces/IRoundViews.sol";
import {PositionView, Round, RoundId, RoundState, Tranche, TrancheView} from "../types/Financing.sol";

/// @title What a wallet shows of rounds; see IRoundViews. Reads only, and is read by nothing.
contract RoundViews is IRoundViews {
    uint256 private constant ALL_BPS = 10_000;

    ICoFinancing private immutable ROUNDS;
    IRoundBook private immutable BOOK;
    IRoundBallots private immutable BALLOTS;

    constructor(ICoFinancing rounds, IRoundBook book, IRoundBallots ballots) {
        ROUNDS = rounds;
        BOOK = book;
        BALLOTS = ballots;
    }

    /// @inheritdoc IRoundViews
    function trancheOf(RoundId id, uint8 tranche) external view returns (TrancheView memory view_) {
        Tranche memory stored = ROUNDS.trancheInfo(id, tranche);
        Round memory round = ROUNDS.roundInfo(id);
        view_.invested = stored.invested;
        if (round.startedAt == 0) return view_;
        view_.outstanding = stored.outstanding;
        view_.writtenDown = stored.writtenDown;
        (view_.interestDue, view_.paid) = ROUNDS.duesOf(id, tranche);
        view_.repaid = _repaid(stored);
        bool isRunning = round.state >= RoundState.OnPlan && round.state <= RoundState.Defaulted;
        if (isRunning) (view_.repaidBy, view_.coverageBps) = _outlook(id, tranche, round);
    }

    /// @inheritdoc IRoundViews
    function positionOf(RoundId id, uint8 tranche, address holder) external view returns (PositionView memory view_) {
        Tranche memory stored = ROUNDS.trancheInfo(id, tranche);
        uint256 position = uint256(RoundId.unwrap(id)) << 8 | tranche;
        view_.putIn = ROUNDS.balanceOf(holder, position);
        view_.locked = BALLOTS.lockedOf(position, holder);
        Round memory round = ROUNDS.roundInfo(id);
        if (view_.putIn == 0 || round.startedAt == 0) return view_;
        (uint256 due, uint256 paid) = ROUNDS.duesOf(id, tranche);
        if (round.state == RoundState.Recovered) due = 0; // lost
        view_.claimable = ROUNDS.claimable(id, tranche, holder);
        view_.outstanding = view_.putIn * stored.outstanding / stored.invested;
        view_.earned = view_.putIn * (paid - _repaid(stored) + due) / stored.invested;
    }

    function _repaid(Tranche memory stored) private pure returns (uint256) {
        return uint256(stored.invested) - stored.outstanding - stored.writtenDown;
    }

    /// @dev At the rate of receipts since the earlier of the two noted moments, interest that will still accrue not counted.
    function _outlook(RoundId id, uint8 tranche, Round memory round)
        private
        view
        returns (uint256 repaidBy, uint256 coverageBps)
    {
        uint256 owed;
        for (uint8 i = 0; i <= tranche; ++i) {
            (uint256 due,) = ROUNDS.duesOf(id, i);
            owed += due + ROUNDS.trancheInfo(id, i).outstanding;
        }
        if (owed == 0) return (block.timestamp, type(uint256).max);
        (uint256 came, uint256 time) = (round.received - round.earlierReceived, block.timestamp - round.earlierAt);
        if (came == 0 || time == 0) return (0, 0);
        repaidBy = block.timestamp + (owed * time + came - 1) / came;
        uint256 end = round.startedAt + BOOK.planEndOf(id);
        if (end > block.timestamp) coverageBps = came * (end - block.timestamp) * ALL_BPS / (time * owed);
    }
}
