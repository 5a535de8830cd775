// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISpareStock} from "../interfaces/ISpareStock.sol";
import {AssetId, NO_ASSET} from "../types/Identifiers.sol";
import {Member, MemberId, Place, PoolId, Proposal, ProposalId, ProposalKind} from "../types/Spares.sol";
import {Custody} from "./Custody.sol";

/// @title What members decide: which spares are bought, which are given up, who keeps them.
abstract contract PoolVotes is Custody {
    /// @inheritdoc ISpareStock
    uint64 public proposalCount;
    mapping(ProposalId => Proposal) private _proposals;
    mapping(ProposalId => MemberId[]) private _voters;
    mapping(ProposalId => mapping(MemberId => bool)) private _hasVoted;

    /// @inheritdoc ISpareStock
    function proposePurchase(PoolId id, AssetId asset, uint80 price) external returns (ProposalId) {
        if (OFFERS.paused()) revert Stock_Paused();
        address owner = ASSETS.providerOf(asset);
        if (owner != msg.sender) revert Stock_NotTitleOwner(asset, msg.sender, owner);
        uint8 model = modelOf(id, asset);
        _checkRange("price", price, 0, _models[id][model].price);
        return _propose(id, ProposalKind.Purchase, model, asset, msg.sender, price);
    }

    /// @inheritdoc ISpareStock
    function proposeRetirement(MemberId by, AssetId unit, address taker) external returns (ProposalId) {
        return _propose(_own(by).pool, ProposalKind.Retirement, 0, unit, taker, 0);
    }

    /// @inheritdoc ISpareStock
    function proposeKeeper(MemberId by, address keeper) external returns (ProposalId) {
        return _propose(_own(by).pool, ProposalKind.Keeper, 0, NO_ASSET, keeper, 0);
    }

    /// @inheritdoc ISpareStock
    function vote(ProposalId id, MemberId by) external {
        Member memory member = _own(by);
        Proposal storage proposal = _open(id);
        uint256 since = proposal.kind == ProposalKind.Purchase ? member.joinedAt : member.coveredFrom;
        if (member.pool != proposal.pool || since > proposal.openedAt || _hasVoted[id][by]) {
            revert Stock_MayNotVote(id, by);
        }
        _hasVoted[id][by] = true;
        _voters[id].push(by);
        emit Voted(id, by);
    }

    /// @inheritdoc ISpareStock
    function carryOut(ProposalId id) external {
        Proposal storage proposal = _open(id);
        PoolId home = proposal.pool;
        (uint256 yes, uint256 members) = (_yes(id), POOLS.poolOf(home).members);
        if (yes * 2 <= members) revert Stock_NotCarried(id, yes, members);

        proposal.isDone = true;
        (AssetId asset, address account) = (proposal.asset, proposal.account);
        emit CarriedOut(id, yes, members);
        if (proposal.kind == ProposalKind.Keeper) {
            keeperOf[home] = account;
        } else if (proposal.kind == ProposalKind.Retirement) {
            _retire(home, asset, account);
        } else {
            if (proposal.price != 0) POOLS.spend(home, account, proposal.price, "purchase");
            _receive(home, proposal.model, asset, account, Place.Shelf);
        }
    }

    /// @inheritdoc ISpareStock
    function proposalOf(ProposalId id) external view returns (Proposal memory) {
        return _proposals[id];
    }

    /// @inheritdoc ISpareStock
    function votersOf(ProposalId id) external view returns (MemberId[] memory) {
        return _voters[id];
    }

    function _propose(PoolId home, ProposalKind kind, uint8 model, AssetId asset, address account, uint80 price)
        private
        returns (ProposalId id)
    {
        _checkRange("account", uint160(account), 1, type(uint160).max);
        id = ProposalId.wrap(++proposalCount);
        uint40 closesAt = uint40(block.timestamp + POOLS.termsOf(home).votingTime);
        Proposal storage made = _proposals[id];
        (made.pool, made.kind, made.model, made.asset) = (home, kind, model, asset);
        (made.account, made.price) = (account, price);
        (made.openedAt, made.closesAt) = (uint40(block.timestamp), closesAt);
        emit Proposed(id, home, kind, asset, account, price, closesAt);
    }

    function _open(ProposalId id) private view returns (Proposal storage proposal) {
        proposal = _proposals[id];
        if (proposal.kind == ProposalKind.None) revert Stock_UnknownProposal(id);
        if (proposal.isDone || block.timestamp > proposal.closesAt) revert Stock_VoteEnded(id, proposal.closesAt);
    }

    /// @dev At most a vote for each membership that the pool can have, and each voter has paid for one.
    function _yes(ProposalId id) private view returns (uint256 yes) {
        MemberId[] storage voters = _voters[id];
        for (uint256 i = 0; i < voters.length; ++i) {
            if (!POOLS.memberOf(voters[i]).hasLeft) ++yes;
        }
    }

    function _own(MemberId id) private view returns (Member memory member) {
        member = POOLS.memberOf(id);
        if (msg.sender != member.account || member.hasLeft) revert Stock_NotMember(id, msg.sender, member.account);
    }
}
