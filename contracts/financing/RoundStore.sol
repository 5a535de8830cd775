// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICoFinancing} from "../interfaces/ICoFinancing.sol";
import {IFeeSplitter} from "../interfaces/IFeeSplitter.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {IRoundBallots} from "../interfaces/IRoundBallots.sol";
import {IRoundBook} from "../interfaces/IRoundBook.sol";
import {IRoundCollateral} from "../interfaces/IRoundCollateral.sol";
import {Accrual} from "../libraries/Accrual.sol";
import {LedgerCalls} from "../libraries/LedgerCalls.sol";
import {Subaccounts} from "../libraries/Subaccounts.sol";
import {Position, RoundId, RoundState, StoredRound, Tranche} from "../types/Financing.sol";

/// @title What CoFinancing remembers, and the few movements of money that it knows.
abstract contract RoundStore is ICoFinancing, ERC1155, ReentrancyGuardTransient {
    IPrepaidAccounts internal immutable ACCOUNTS;
    IFeeSplitter internal immutable SPLITTER;
    IRoundBook internal immutable BOOK;
    IRoundCollateral internal immutable COLLATERAL;
    IRoundBallots internal immutable BALLOTS;

    mapping(RoundId => StoredRound) internal _rounds;
    mapping(uint256 position => Tranche) internal _tranches;
    /// @dev In place of OpenZeppelin's balances, so that a claim reads and writes one slot of its holder.
    mapping(uint256 position => mapping(address holder => Position)) internal _positions;
    mapping(uint256 position => uint88) internal _burned;

    constructor(
        IPrepaidAccounts accounts,
        IFeeSplitter splitter,
        IRoundBook book,
        IRoundCollateral collateral,
        IRoundBallots ballots
    ) ERC1155("") {
        ACCOUNTS = accounts;
        SPLITTER = splitter;
        BOOK = book;
        COLLATERAL = collateral;
        BALLOTS = ballots;
    }

    // Rounds

    function _inState(RoundId id, RoundState needed) internal view returns (StoredRound storage round) {
        round = _rounds[id];
        if (round.state != needed) _refuseState(id, round.state);
    }

    /// @dev Started and not over.
    function _running(RoundId id) internal view returns (StoredRound storage round) {
        round = _rounds[id];
        if (!_isRunning(round.state)) _refuseState(id, round.state);
    }

    function _isRunning(RoundState state) internal pure returns (bool) {
        return state >= RoundState.OnPlan && state <= RoundState.Defaulted;
    }

    function _refuseState(RoundId id, RoundState state) internal pure {
        if (state == RoundState.None) revert Financing_UnknownRound(id);
        revert Financing_WrongState(id, state);
    }

    function _checkCaller(address needed) internal view {
        if (msg.sender != needed) revert Financing_NotPlatform(msg.sender, needed);
    }

    function _checkTranche(RoundId id, StoredRound storage round, uint8 tranche)
        internal
        view
        returns (uint256 position)
    {
        if (tranche >= round.tranches) revert Financing_UnknownTranche(id, tranche);
        return _position(id, tranche);
    }

    /// @dev The round is over, one way or another.
    function _end(RoundId id, StoredRound storage round, RoundState state) internal {
        emit RoundStateChanged(id, round.state, state, _received(id, round), 0);
        round.state = state;
        COLLATERAL.letGo(id, round.provider, round.split);
    }

    // Accounts

    function _position(RoundId id, uint8 tranche) internal pure returns (uint256) {
        return uint256(RoundId.unwrap(id)) << 8 | tranche;
    }

    function _account(RoundId id) internal view returns (address) {
        return Subaccounts.derive(address(this), _key(id));
    }

    function _balance(RoundId id, address currency) internal view returns (uint256) {
        return ACCOUNTS.balanceOf(_account(id), uint160(currency));
    }

    function _pay(RoundId id, address to, address currency, uint256 amount) internal {
        if (amount != 0) LedgerCalls.moveFrom(ACCOUNTS, _key(id), to, currency, amount);
    }

    /// @dev Money that the payer allowed this contract to take.
    function _takeFrom(address payer, RoundId id, address currency, uint256 amount) internal {
        ACCOUNTS.transferFrom(payer, _account(id), uint160(currency), amount);
    }

    /// @dev All that was ever distributed to the round: I-8 keeps it, so that no distribution has to write it.
    function _received(RoundId id, StoredRound storage round) internal view returns (uint256 sum) {
        sum = round.toProvider;
        for (uint8 i = 0; i < round.tranches; ++i) {
            sum += _paidTo(_tranches[_position(id, i)]);
        }
    }

    /// @dev All that was ever paid to it.
    function _paidTo(Tranche storage tranche) internal view returns (uint256) {
        return (uint256(tranche.index) * tranche.invested + tranche.carry) / Accrual.SCALE;
    }

    /// @dev All that was paid to the tranches and not taken. Below the first that is owed anything none was ever paid (Q-19): a tranche
    ///      that was paid in full stays so.
    function _unclaimed(RoundId id, uint8 tranches) internal view returns (uint256 sum) {
        bool isOwed;
        for (uint8 i = 0; !isOwed && i < tranches; ++i) {
            Tranche storage tranche = _tranches[_position(id, i)];
            sum += tranche.unclaimed;
            isOwed = tranche.outstanding != 0 || tranche.interestDue != 0;
        }
    }

    function _key(RoundId id) private pure returns (bytes32) {
        return bytes32(uint256(RoundId.unwrap(id)));
    }
}
