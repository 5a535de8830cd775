// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICoFinancing} from "../interfaces/ICoFinancing.sol";
import {Accrual} from "../libraries/Accrual.sol";
import {SplitMath} from "../libraries/SplitMath.sol";
import {Waterfall} from "../libraries/Waterfall.sol";
import {RoundId, RoundState, StoredRound, Tranche} from "../types/Financing.sol";
import {SplitId} from "../types/Identifiers.sol";
import {Funding} from "./Funding.sol";

/// @title From fees to tranches: the waterfall.
/// @dev A tranche is looked at only when every one above it is paid in full, and written only when it is paid: what accrues meanwhile
///      follows from the time of its last payment.
abstract contract Distributing is Funding {
    uint256 private constant ALL_BPS = 10_000;

    /// @inheritdoc ICoFinancing
    function distribute(RoundId id) external nonReentrant {
        _distribute(id, _running(id), false);
    }

    /// @inheritdoc ICoFinancing
    function collect(RoundId id, uint8 tranche, address holder) external nonReentrant returns (uint256 amount) {
        _distribute(id, _running(id), false);
        // Whoever has earned nothing is not written either: an auditor sees only what makes a log.
        if (claimable(id, tranche, holder) != 0) amount = _payEarnings(_position(id, tranche), holder);
    }

    /// @inheritdoc ICoFinancing
    function repay(RoundId id, uint256 amount) external nonReentrant returns (uint256 accepted) {
        StoredRound storage round = _running(id);
        _distribute(id, round, false);
        uint256 owed = owedOf(id);
        accepted = amount < owed ? amount : owed;
        if (accepted == 0) revert Financing_NothingToPay(id);
        emit Repaid(id, msg.sender, accepted, false);
        _takeFrom(msg.sender, id, round.currency, accepted);
        _distribute(id, round, false);
    }

    /// @inheritdoc ICoFinancing
    function buyOut(RoundId id, uint256 most) external nonReentrant returns (uint256 price) {
        StoredRound storage round = _running(id);
        _distribute(id, round, false);
        if (!_isRunning(round.state)) return 0;
        price = owedOf(id);
        for (uint8 i = 0; i < round.tranches; ++i) {
            Tranche storage tranche = _tranches[_position(id, i)];
            if (tranche.residualBps == 0 || tranche.invested == 0) continue;
            if (tranche.capBps == type(uint32).max) revert Financing_NoBuyOutPrice(id, i);
            price += _room(tranche) - _due(tranche);
        }
        if (price > most) revert Financing_PriceTooHigh(id, price, most);
        emit Repaid(id, msg.sender, price, true);
        if (price != 0) _takeFrom(msg.sender, id, round.currency, price);
        _distribute(id, round, true);
    }

    /// @inheritdoc ICoFinancing
    function owedOf(RoundId id) public view returns (uint256 owed) {
        StoredRound storage round = _rounds[id];
        if (!_isRunning(round.state)) return 0;
        for (uint8 i = 0; i < round.tranches; ++i) {
            Tranche storage tranche = _tranches[_position(id, i)];
            owed += _due(tranche) + tranche.outstanding;
        }
    }

    // Internals

    function _distribute(RoundId id, StoredRound storage round, bool outright) internal {
        SPLITTER.distribute(SplitId.wrap(round.split), round.currency);
        if (_runDown(id, round, outright)) _end(id, round, RoundState.Repaid);
    }

    /// @dev I-8. `outright`: residual holders get all that their caps leave, whatever their share.
    /// @return over Whether nothing more is due to any tranche.
    function _runDown(RoundId id, StoredRound storage round, bool outright) internal returns (bool over) {
        uint8 count = round.tranches;
        // What came before and was not taken is the tranches'. Beyond uint88 gifts wait.
        uint256 unclaimed = _unclaimed(id, count);
        uint256 cash = _balance(id, round.currency) - unclaimed;
        if (cash + unclaimed > type(uint88).max) cash = type(uint88).max - unclaimed;

        bool full = true;
        for (uint8 i = 0; full && i < count; ++i) {
            (cash, full) = _payTranche(id, i, cash);
        }
        if (full) over = _shareRest(id, round, cash, outright);
    }

    /// @return left What the tranche leaves for those below.
    /// @return full Whether nothing is owed to it any more.
    function _payTranche(RoundId id, uint8 index, uint256 cash) private returns (uint256 left, bool full) {
        uint256 position = _position(id, index);
        Tranche storage tranche = _tranches[position];
        uint256 outstanding = tranche.outstanding;
        if (outstanding == 0 && tranche.interestDue == 0) return (cash, true);
        (uint256 due, uint256 fraction) = _accrued(tranche);
        uint256 toInterest;
        uint256 toPrincipal;
        (toInterest, toPrincipal, left) = Waterfall.pay(cash, due, outstanding);
        full = toInterest == due && toPrincipal == outstanding;
        if (cash == left) return (left, full);

        (tranche.outstanding, tranche.interestDue) = (uint88(outstanding - toPrincipal), uint88(due - toInterest));
        (tranche.fraction, tranche.accruedAt) = (uint40(fraction), uint40(block.timestamp));
        emit TranchePaid(id, index, toInterest, toPrincipal);
        _credit(tranche, cash - left);
    }

    /// @dev Residual holders and provider share like payees of a split; what their floors leave waits in the account. It all goes to
    ///      the provider once the round is over: no residual holder has room left, or the plan has ended.
    function _shareRest(RoundId id, StoredRound storage round, uint256 rest, bool outright)
        private
        returns (bool over)
    {
        uint8 count = round.tranches;
        uint256[] memory amounts = new uint256[](count + 1);
        uint256[] memory rooms = new uint256[](count);
        over = outright || block.timestamp >= round.startedAt + BOOK.planEndOf(id);
        bool anyRoom;
        amounts[count] = ALL_BPS;
        for (uint8 i = 0; i < count; ++i) {
            Tranche storage tranche = _tranches[_position(id, i)];
            amounts[i] = tranche.residualBps;
            amounts[count] -= tranche.residualBps;
            if (tranche.residualBps != 0 && !_isBurned(id, uint8(i))) rooms[i] = _room(tranche);
            if (rooms[i] != 0) anyRoom = true;
        }
        uint256 left;
        if (rest != 0 && anyRoom && !outright) {
            uint256 total;
            uint256 paid;
            (total, paid, amounts) = SplitMath.payout(round.residualTotal, rest, amounts, ALL_BPS);
            round.residualTotal = uint128(total);
            left = rest - paid;
        }
        uint256 toProvider = rest - left;
        anyRoom = false;
        for (uint256 i = 0; i < count; ++i) {
            if (rooms[i] == 0 || rest == 0) amounts[i] = 0;
            else if (outright || amounts[i] > rooms[i]) amounts[i] = rooms[i];
            if (amounts[i] != rooms[i]) anyRoom = true;
            if (amounts[i] == 0) continue;
            toProvider -= amounts[i];
            _credit(_tranches[_position(id, uint8(i))], amounts[i]);
        }
        over = over || !anyRoom;
        if (over) toProvider += left;
        if (rest == 0) return over;
        assembly ("memory-safe") {
            mstore(amounts, count)
        }
        emit RestShared(id, amounts, toProvider);
        round.toProvider += uint128(toProvider);
        _pay(id, round.provider, round.currency, toProvider);
    }

    /// @dev I-8: paid × 2^56 = index × invested + carry, exactly.
    function _credit(Tranche storage tranche, uint256 amount) private {
        (uint256 growth, uint256 carry) = Accrual.spread(amount, tranche.carry, tranche.invested);
        (tranche.index, tranche.carry, tranche.unclaimed) =
        (tranche.index + uint80(growth), uint88(carry), tranche.unclaimed + uint88(amount));
    }

    // What a tranche is owed

    function _repaidTo(Tranche storage tranche) internal view returns (uint256) {
        return uint256(tranche.invested) - tranche.outstanding - tranche.writtenDown;
    }

    /// @dev What the cap still allows beyond principal: interest, due or not, and residual.
    function _room(Tranche storage tranche) internal view returns (uint256) {
        uint256 invested = tranche.invested;
        uint256 most = invested * tranche.capBps / ALL_BPS - invested;
        uint256 had = _paidTo(tranche) - _repaidTo(tranche);
        return most > had ? most - had : 0;
    }

    function _due(Tranche storage tranche) internal view returns (uint256 due) {
        (due,) = _accrued(tranche);
    }

    /// @dev Interest due now. At its cap a tranche bears none; a fraction of a unit beyond the cap is dropped.
    function _accrued(Tranche storage tranche) internal view returns (uint256 due, uint256 fraction) {
        uint256 units;
        (units, fraction) = Accrual.interest(
            tranche.outstanding, tranche.rateBps, block.timestamp - tranche.accruedAt, tranche.fraction
        );
        due = tranche.interestDue + units;
        if (tranche.capBps != type(uint32).max) {
            uint256 room = _room(tranche);
            if (due >= room) (due, fraction) = (room, 0);
        }
        if (due > type(uint88).max) due = type(uint88).max;
    }
}
