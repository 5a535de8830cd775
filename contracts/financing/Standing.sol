// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICoFinancing} from "../interfaces/ICoFinancing.sol";
import {Waterfall} from "../libraries/Waterfall.sol";
import {RoundId, RoundState, RoundTerms, StoredRound, Tranche} from "../types/Financing.sol";
import {Distributing} from "./Distributing.sol";

/// @title How a round stands against its plan, and what is lost at the end.
/// @dev The state follows from what has been received and from the time alone, after all fees that the split holds were pulled: no order
///      of calls makes a round late that was not, and none hides it.
abstract contract Standing is Distributing {
    uint256 private constant RATE_TIME = 30 days;

    /// @inheritdoc ICoFinancing
    function updateState(RoundId id) external nonReentrant returns (RoundState) {
        StoredRound storage round = _running(id);
        _distribute(id, round, false);
        if (!_isRunning(round.state)) return round.state;
        uint256 received = _received(id, round);
        if (block.timestamp >= round.laterAt + RATE_TIME) {
            (round.earlierAt, round.earlierReceived) = (round.laterAt, round.laterReceived);
            (round.laterAt, round.laterReceived) =
            (uint40(block.timestamp), received > type(uint88).max ? type(uint88).max : uint88(received));
            emit ReceiptsNoted(id, received);
        }
        (RoundState to, uint256 behind) = stateByRule(id);
        RoundState from = round.state;
        if (to == from) return to;
        round.state = to;
        emit RoundStateChanged(id, from, to, received, behind);
        if (to == RoundState.Defaulted) {
            round.defaultedAt = uint40(block.timestamp);
            COLLATERAL.foreclose(id);
        }
        return to;
    }

    /// @inheritdoc ICoFinancing
    function conclude(RoundId id) external nonReentrant {
        _checkCaller(address(COLLATERAL));
        StoredRound storage round = _inState(id, RoundState.Defaulted);
        _distribute(id, round, false);
        if (round.state != RoundState.Defaulted) return;
        uint256 loss;
        for (uint8 i = 0; i < round.tranches; ++i) {
            loss += _tranches[_position(id, i)].outstanding;
        }
        for (uint8 i = round.tranches; i != 0; --i) {
            loss = _writeDown(id, i - 1, loss);
        }
        _end(id, round, RoundState.Recovered);
    }

    /// @inheritdoc ICoFinancing
    function skimSurplus(RoundId id) external nonReentrant returns (uint256 amount) {
        StoredRound storage round = _rounds[id];
        RoundState state = round.state;
        if (state < RoundState.Repaid) _refuseState(id, state);
        if (state == RoundState.Recovered) _makeGood(id, round);
        uint256 kept = state == RoundState.Failed ? round.raised : _unclaimed(id, round.tranches);
        amount = _balance(id, round.currency) - kept;
        emit SurplusSkimmed(id, round.provider, amount);
        _pay(id, round.provider, round.currency, amount);
    }

    /// @inheritdoc ICoFinancing
    function stateByRule(RoundId id) public view returns (RoundState state, uint256 secondsBehind) {
        StoredRound storage round = _rounds[id];
        state = round.state;
        if (!_isRunning(state)) return (state, 0);
        if (owedOf(id) == 0) return (RoundState.OnPlan, 0);
        uint256 elapsed = block.timestamp - round.startedAt;
        uint256 covered = BOOK.coveredUntil(id, _received(id, round));
        if (elapsed > covered) secondsBehind = elapsed - covered;
        // A default is undone by nothing but full payment: holders may be voting.
        if (state == RoundState.Defaulted) return (state, secondsBehind);

        RoundTerms memory terms = BOOK.termsOf(id);
        if (secondsBehind > terms.defaultAfter) return (RoundState.Defaulted, secondsBehind);
        if (secondsBehind > terms.impairedAfter || COLLATERAL.isUsedUnbilled(id)) {
            return (RoundState.Impaired, secondsBehind);
        }
        state = secondsBehind > terms.lateAfter ? RoundState.Late : RoundState.OnPlan;
    }

    /// @dev I-9: what comes after the end pays what was lost as if it were still owed. A tranche without positions gets nothing.
    function _makeGood(RoundId id, StoredRound storage round) private {
        uint8 count = round.tranches;
        for (uint8 i = 0; i < count; ++i) {
            if (_isBurned(id, i)) continue;
            Tranche storage tranche = _tranches[_position(id, i)];
            (tranche.outstanding, tranche.writtenDown) = (tranche.writtenDown, 0);
            tranche.accruedAt = uint40(block.timestamp);
        }
        _runDown(id, round, false);
        for (uint8 i = 0; i < count; ++i) {
            Tranche storage tranche = _tranches[_position(id, i)];
            (tranche.outstanding, tranche.writtenDown) = (0, tranche.writtenDown + tranche.outstanding);
        }
    }

    /// @dev I-9: what was outstanding and is lost counts as written down; interest due stays noted, in case more comes.
    function _writeDown(RoundId id, uint8 index, uint256 loss) private returns (uint256 rest) {
        Tranche storage tranche = _tranches[_position(id, index)];
        uint256 written;
        (written, rest) = Waterfall.writeDown(loss, tranche.outstanding);
        uint256 interest = _due(tranche);
        if (written == 0 && interest == 0) return rest;
        tranche.outstanding -= uint88(written);
        tranche.writtenDown += uint88(written);
        (tranche.interestDue, tranche.fraction, tranche.accruedAt) = (uint88(interest), 0, uint40(block.timestamp));
        emit WrittenDown(id, index, written, interest);
    }
}
