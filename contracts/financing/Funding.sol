// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICoFinancing} from "../interfaces/ICoFinancing.sol";
import {RoundId, RoundState, RoundTerms, StoredRound, Tranche, TrancheTerms} from "../types/Financing.sol";
import {Positions} from "./Positions.sol";

/// @title From published terms to money in the provider's account, or everybody's money back.
abstract contract Funding is Positions {
    uint256 private constant START_TIME = 14 days;

    /// @inheritdoc ICoFinancing
    function open(RoundId id, address provider, address currency, uint64 split, TrancheTerms[] calldata tranches)
        external
    {
        _checkCaller(address(BOOK));
        StoredRound storage round = _rounds[id];
        (round.state, round.tranches, round.currency) = (RoundState.Funding, uint8(tranches.length), currency);
        (round.split, round.provider) = (split, provider);
        for (uint8 i = 0; i < tranches.length; ++i) {
            Tranche storage made = _tranches[_position(id, i)];
            (made.rateBps, made.residualBps) = (tranches[i].rateBps, tranches[i].residualBps);
            made.capBps = tranches[i].capBps == 0 ? type(uint32).max : tranches[i].capBps;
        }
    }

    /// @inheritdoc ICoFinancing
    function invest(RoundId id, uint8 tranche, uint88 amount, uint88 least)
        external
        nonReentrant
        returns (uint88 accepted)
    {
        if (BOOK.paused()) revert Financing_Paused();
        StoredRound storage round = _inState(id, RoundState.Funding);
        RoundTerms memory terms = BOOK.termsOf(id);
        if (block.timestamp >= terms.deadline) revert Financing_TooLate(id, terms.deadline);
        uint256 position = _checkTranche(id, round, tranche);
        if (amount < terms.smallest) revert Financing_InvestmentTooSmall(id, amount, terms.smallest);

        Tranche storage into = _tranches[position];
        uint88 room = BOOK.tranchesOf(id)[tranche].size - into.invested;
        if (terms.target - round.raised < room) room = terms.target - round.raised;
        if (room == 0) revert Financing_Full(id, tranche);
        accepted = amount < room ? amount : room;
        if (accepted < least) revert Financing_CutBelow(id, tranche, accepted, least);

        into.invested += accepted;
        round.raised += accepted;
        emit Invested(id, tranche, msg.sender, amount, accepted);
        _takeFrom(msg.sender, id, round.currency, accepted);
        _mint(msg.sender, position, accepted, "");
    }

    /// @inheritdoc ICoFinancing
    function start(RoundId id) external nonReentrant {
        StoredRound storage round = _inState(id, RoundState.Funding);
        RoundTerms memory terms = BOOK.termsOf(id);
        if (round.raised < terms.target && block.timestamp < terms.deadline) {
            revert Financing_TooEarly(id, terms.deadline);
        }
        if (block.timestamp > terms.deadline + START_TIME) revert Financing_TooLate(id, terms.deadline + START_TIME);
        (uint256 raised, uint256 least) = _lacking(id, round, terms);
        if (raised < least) revert Financing_TooLittleRaised(id, raised, least);

        uint40 time = uint40(block.timestamp);
        (round.state, round.startedAt) = (RoundState.OnPlan, time);
        (round.earlierAt, round.laterAt) = (time, time);
        for (uint8 i = 0; i < round.tranches; ++i) {
            Tranche storage tranche = _tranches[_position(id, i)];
            (tranche.outstanding, tranche.accruedAt) = (tranche.invested, time);
        }
        emit RoundStateChanged(id, RoundState.Funding, RoundState.OnPlan, 0, 0);
        COLLATERAL.pledge(id, round.provider, round.split);
        _pay(id, round.provider, round.currency, round.raised);
    }

    /// @inheritdoc ICoFinancing
    function cancel(RoundId id) external nonReentrant {
        StoredRound storage round = _inState(id, RoundState.Funding);
        if (msg.sender != round.provider) revert Financing_NotProvider(id, msg.sender, round.provider);
        _end(id, round, RoundState.Failed);
    }

    /// @inheritdoc ICoFinancing
    function fail(RoundId id) external nonReentrant {
        StoredRound storage round = _inState(id, RoundState.Funding);
        RoundTerms memory terms = BOOK.termsOf(id);
        (uint256 raised, uint256 least) = _lacking(id, round, terms);
        uint256 from = terms.deadline + (raised < least ? 0 : START_TIME + 1);
        if (block.timestamp < from) revert Financing_TooEarly(id, from);
        _end(id, round, RoundState.Failed);
    }

    /// @return raised The first amount that falls short, or what was raised.
    /// @return least What it would have to be.
    function _lacking(RoundId id, StoredRound storage round, RoundTerms memory terms)
        private
        view
        returns (uint256 raised, uint256 least)
    {
        (raised, least) = (round.raised, terms.minimum);
        TrancheTerms[] memory tranches = BOOK.tranchesOf(id);
        for (uint8 i = 0; raised >= least && i < tranches.length; ++i) {
            (raised, least) = (_tranches[_position(id, i)].invested, tranches[i].least);
        }
    }
}
