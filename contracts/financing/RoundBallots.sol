// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICoFinancing} from "../interfaces/ICoFinancing.sol";
import {IRoundBallots} from "../interfaces/IRoundBallots.sol";
import {IRoundCollateral} from "../interfaces/IRoundCollateral.sol";
import {Ballot, Lock, Round, RoundId, RoundState, Tranche} from "../types/Financing.sol";

/// @title Holders' votes; see IRoundBallots.
/// @dev Moves no money and calls only CoFinancing and RoundCollateral, for views. Has no authority.
contract RoundBallots is IRoundBallots {
    bytes32 private constant DEFAULT = "default";
    uint256 private constant VOTING_TIME = 7 days;
    uint256 private constant GO_ON_TIME = 30 days;

    ICoFinancing private immutable ROUNDS;
    IRoundCollateral private immutable COLLATERAL;

    mapping(RoundId => Ballot) private _ballots;
    /// @inheritdoc IRoundBallots
    mapping(RoundId => mapping(address account => bool)) public isConsented;
    mapping(uint256 position => mapping(address holder => Lock)) private _locks;
    mapping(uint256 position => uint88) private _bases; // principal outstanding when the ballot opened

    constructor(ICoFinancing rounds, IRoundCollateral collateral) {
        ROUNDS = rounds;
        COLLATERAL = collateral;
    }

    /// @inheritdoc IRoundBallots
    function proposeConsent(RoundId id, address account, uint8 tranche) external {
        Round memory round = ROUNDS.roundInfo(id);
        if (round.state < RoundState.OnPlan || round.state > RoundState.Impaired) {
            revert Financing_WrongState(id, round.state);
        }
        if (msg.sender != round.provider) _checkHolder(id, tranche);
        Ballot storage ballot = _ballots[id];
        bool isOpen = ballot.number != 0 && !ballot.decided && block.timestamp < ballot.closesAt;
        if (isOpen) revert Financing_BallotOpen(id, ballot.number, ballot.closesAt);
        _open(id, round.tranches, bytes32(uint256(uint160(account))));
    }

    /// @inheritdoc IRoundBallots
    function openDefault(RoundId id) external {
        if (msg.sender != address(COLLATERAL)) revert Financing_NotPlatform(msg.sender, address(COLLATERAL));
        _open(id, ROUNDS.roundInfo(id).tranches, DEFAULT);
    }

    /// @inheritdoc IRoundBallots
    function proposeWriteOff(RoundId id, uint8 tranche) external {
        Round memory round = ROUNDS.roundInfo(id);
        if (round.state != RoundState.Defaulted || COLLATERAL.unsettledOf(id) != 0) {
            revert Financing_WrongState(id, round.state);
        }
        _checkHolder(id, tranche);
        Ballot storage ballot = _ballots[id];
        if (!ballot.decided) revert Financing_BallotOpen(id, ballot.number, ballot.closesAt);
        uint256 from = ballot.closesAt + GO_ON_TIME;
        if (block.timestamp < from) revert Financing_TooEarly(id, from);
        _open(id, round.tranches, DEFAULT);
    }

    /// @inheritdoc IRoundBallots
    function vote(RoundId id, uint8 tranche, bool yes) external {
        Ballot storage ballot = _ballots[id];
        if (!_isOpen(ballot)) revert Financing_NoBallot(id);
        uint256 position = _position(id, tranche);
        uint256 held = ROUNDS.balanceOf(msg.sender, position);
        uint256 counted = lockedOf(position, msg.sender);
        if (held <= counted) revert Financing_NoPosition(id, tranche, msg.sender);
        _locks[position][msg.sender] = Lock({ballot: ballot.number, amount: uint88(held)});

        // The growth of one floor, so that slices weigh what the whole weighs.
        uint256 invested = ROUNDS.trancheInfo(id, tranche).invested;
        uint256 base = _bases[position];
        uint256 weight = held * base / invested - counted * base / invested;
        if (yes) ballot.yes += uint128(weight);
        else ballot.no += uint128(weight);
        emit Voted(id, ballot.number, msg.sender, tranche, yes, weight);
    }

    /// @inheritdoc IRoundBallots
    function decide(RoundId id) external {
        Ballot storage ballot = _ballots[id];
        if (ballot.number == 0 || ballot.decided) revert Financing_NoBallot(id);
        (uint256 yes, uint256 no, bytes32 subject) = (ballot.yes, ballot.no, ballot.subject);
        bool carried = yes * 2 > ballot.weight;
        if (!carried && no * 2 <= ballot.weight && block.timestamp < ballot.closesAt) {
            revert Financing_TooEarly(id, ballot.closesAt);
        }
        // Selling machines cannot wait for those who do not vote; a consent can.
        if (subject == DEFAULT) carried = yes > no;
        else if (carried) isConsented[id][address(uint160(uint256(subject)))] = true;
        (ballot.decided, ballot.result, ballot.closesAt) = (true, carried, uint40(block.timestamp));
        emit BallotDecided(id, ballot.number, subject, carried);
    }

    // Views

    /// @inheritdoc IRoundBallots
    function ballotOf(RoundId id) external view returns (Ballot memory) {
        return _ballots[id];
    }

    /// @inheritdoc IRoundBallots
    function decisionOf(RoundId id) external view returns (uint40 decidedAt, bool yes) {
        Ballot storage ballot = _ballots[id];
        if (ballot.decided && ballot.subject == DEFAULT) (decidedAt, yes) = (ballot.closesAt, ballot.result);
    }

    /// @inheritdoc IRoundBallots
    function lockedOf(uint256 position, address holder) public view returns (uint256) {
        Lock storage lock = _locks[position][holder];
        uint64 number = lock.ballot;
        if (number == 0) return 0;
        Ballot storage ballot = _ballots[RoundId.wrap(uint64(position >> 8))];
        return number == ballot.number && _isOpen(ballot) ? lock.amount : 0;
    }

    // Internals

    function _isOpen(Ballot storage ballot) private view returns (bool) {
        return !ballot.decided && block.timestamp < ballot.closesAt;
    }

    function _open(RoundId id, uint8 tranches, bytes32 subject) private {
        uint64 number = _ballots[id].number + 1;
        uint40 closesAt = uint40(block.timestamp + VOTING_TIME);
        uint128 weight;
        for (uint8 i = 0; i < tranches; ++i) {
            uint88 outstanding = ROUNDS.trancheInfo(id, i).outstanding;
            _bases[_position(id, i)] = outstanding;
            weight += outstanding;
        }
        _ballots[id] = Ballot({
            number: number,
            closesAt: closesAt,
            decided: false,
            result: false,
            subject: subject,
            weight: weight,
            yes: 0,
            no: 0
        });
        emit BallotOpened(id, number, subject, closesAt, weight);
    }

    function _checkHolder(RoundId id, uint8 tranche) private view {
        if (ROUNDS.balanceOf(msg.sender, _position(id, tranche)) == 0) {
            revert Financing_NoPosition(id, tranche, msg.sender);
        }
    }

    function _position(RoundId id, uint8 tranche) private pure returns (uint256) {
        return uint256(RoundId.unwrap(id)) << 8 | tranche;
    }
}
