// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {ICoFinancing} from "../interfaces/ICoFinancing.sol";
import {Accrual} from "../libraries/Accrual.sol";
import {Position, RoundId, RoundState, StoredRound, Tranche} from "../types/Financing.sol";
import {RoundStore} from "./RoundStore.sol";

/// @title ERC-1155 positions, paid by index.
/// @dev Before a balance changes, what it has earned is paid into its holder's account; so nothing is owed to who holds nothing, and
///      what is left when the last position burns are fractions of units. A receiver's hook is the last thing that happens, under
///      the guard: it sees finished books and cannot re-enter anything that moves money, positions or votes.
abstract contract Positions is RoundStore {
    /// @inheritdoc ICoFinancing
    function claim(RoundId id, uint8 tranche, address holder) external nonReentrant returns (uint256 amount) {
        amount = _payEarnings(_position(id, tranche), holder);
        if (amount == 0) revert Financing_NothingToPay(id);
    }

    /// @inheritdoc ICoFinancing
    function refund(RoundId id, uint8 tranche, address holder) external nonReentrant returns (uint256 amount) {
        StoredRound storage round = _inState(id, RoundState.Failed);
        amount = _burnAll(id, tranche, holder);
        round.raised -= uint88(amount);
        emit Refunded(id, tranche, holder, amount);
        _pay(id, holder, round.currency, amount);
    }

    /// @inheritdoc ICoFinancing
    function burn(RoundId id, uint8 tranche) external nonReentrant returns (uint256 amount) {
        StoredRound storage round = _rounds[id];
        if (round.state != RoundState.Repaid && round.state != RoundState.Recovered) _refuseState(id, round.state);
        uint256 position = _position(id, tranche);
        amount = _payEarnings(position, msg.sender);
        uint88 burned = _burned[position] + uint88(_burnAll(id, tranche, msg.sender));
        _burned[position] = burned;
        Tranche storage paid = _tranches[position];
        if (burned == paid.invested) {
            uint256 rest = paid.unclaimed;
            (paid.unclaimed, paid.interestDue) = (0, 0);
            amount += rest;
            _pay(id, msg.sender, round.currency, rest);
        }
        emit PositionBurned(id, tranche, msg.sender, amount);
    }

    /// @inheritdoc ICoFinancing
    function claimable(RoundId id, uint8 tranche, address holder) public view returns (uint256 amount) {
        uint256 position = _position(id, tranche);
        Position memory had = _positions[position][holder];
        (amount,) = Accrual.earned(had.balance, uint256(_tranches[position].index) - had.index, had.fraction);
    }

    /// @inheritdoc IERC1155
    function balanceOf(address account, uint256 id) public view override(ERC1155, IERC1155) returns (uint256) {
        return _positions[id][account].balance;
    }

    /// @inheritdoc IERC1155
    function safeTransferFrom(address from, address to, uint256 id, uint256 value, bytes memory data)
        public
        override(ERC1155, IERC1155)
        nonReentrant
    {
        super.safeTransferFrom(from, to, id, value, data);
    }

    /// @inheritdoc IERC1155
    function safeBatchTransferFrom(
        address from,
        address to,
        uint256[] memory ids,
        uint256[] memory values,
        bytes memory data
    ) public override(ERC1155, IERC1155) nonReentrant {
        super.safeBatchTransferFrom(from, to, ids, values, data);
    }

    // Internals

    /// @dev Nobody holds it, any more or at all.
    function _isBurned(RoundId id, uint8 tranche) internal view returns (bool) {
        uint256 position = _position(id, tranche);
        return _burned[position] == _tranches[position].invested;
    }

    /// @dev Every way to change a balance ends here. Locks are looked at when all has moved: one position may come twice in a batch.
    function _update(address from, address to, uint256[] memory ids, uint256[] memory values) internal override {
        if (ids.length != values.length) revert ERC1155InvalidArrayLength(ids.length, values.length);
        bool moves = from != address(0) && to != address(0);
        for (uint256 i = 0; i < ids.length; ++i) {
            if (moves) {
                _payEarnings(ids[i], from);
                _payEarnings(ids[i], to);
            }
            _changeBalances(from, to, ids[i], values[i]);
        }
        if (ids.length == 1) emit TransferSingle(msg.sender, from, to, ids[0], values[0]);
        else emit TransferBatch(msg.sender, from, to, ids, values);
        for (uint256 i = 0; moves && i < ids.length; ++i) {
            uint256 locked = BALLOTS.lockedOf(ids[i], from);
            uint256 left = locked == 0 ? 0 : balanceOf(from, ids[i]);
            if (left < locked) revert Financing_PositionLocked(ids[i], from, locked, left);
        }
    }

    function _changeBalances(address from, address to, uint256 id, uint256 value) private {
        if (from != address(0)) {
            uint256 held = _positions[id][from].balance;
            if (held < value) revert ERC1155InsufficientBalance(from, held, value, id);
            _positions[id][from].balance = uint88(held - value);
        }
        if (to != address(0)) _positions[id][to].balance += uint88(value);
    }

    /// @dev I-8: what leaves the tranche's unclaimed money is what the index owes the position, rounded down once with its fraction kept.
    function _payEarnings(uint256 position, address holder) internal returns (uint256 amount) {
        Tranche storage tranche = _tranches[position];
        Position storage had = _positions[position][holder];
        uint256 index = tranche.index;
        uint256 growth = index - had.index;
        if (growth == 0) return 0;
        uint256 rest;
        (amount, rest) = Accrual.earned(had.balance, growth, had.fraction);
        (had.index, had.fraction) = (uint80(index), uint56(rest));
        if (amount == 0) return 0;
        tranche.unclaimed -= uint88(amount);
        RoundId id = _roundOfPosition(position);
        emit Claimed(id, uint8(position), holder, amount);
        _pay(id, holder, _rounds[id].currency, amount);
    }

    function _roundOfPosition(uint256 position) internal pure returns (RoundId) {
        return RoundId.wrap(uint64(position >> 8));
    }

    function _burnAll(RoundId id, uint8 tranche, address holder) private returns (uint256 held) {
        uint256 position = _position(id, tranche);
        held = balanceOf(holder, position);
        if (held == 0) revert Financing_NoPosition(id, tranche, holder);
        _burn(holder, position, held);
    }
}
