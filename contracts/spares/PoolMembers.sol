// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISparePools} from "../interfaces/ISparePools.sol";
import {PoolMath} from "../libraries/PoolMath.sol";
import {AssetId} from "../types/Identifiers.sol";
import {
    ClaimId,
    hashJoinPool,
    JoinPool,
    Member,
    MemberId,
    NO_CLAIM,
    NO_MEMBER,
    Pool,
    PoolId,
    PoolModel,
    PoolTerms
} from "../types/Spares.sol";
import {PoolStore} from "./PoolStore.sol";

/// @title From rules that are accepted to a refund: opening, joining, dues, leaving.
abstract contract PoolMembers is PoolStore {
    uint256 private constant MOST_MEMBERS = 200;
    uint256 private constant LONGEST = 3_650 days;
    /// So that what is held for a claim fits 80 bits together.
    uint256 private constant MOST_HELD = type(uint80).max / 4;
    uint256 private constant MOST_PER_DAY = MOST_HELD / (LONGEST / 1 days + 1);

    // Opening

    /// @inheritdoc ISparePools
    function open(PoolTerms calldata terms, PoolModel[] calldata models, address keeper) external returns (PoolId id) {
        _checkRunning();
        _checkTerms(terms);
        id = PoolId.wrap(++poolCount);
        _terms[id] = terms;
        bytes32 rulesHash = keccak256(abi.encode(id, terms, models));
        Pool storage pool = _pools[id];
        (pool.maker, pool.rulesHash) = (msg.sender, rulesHash);
        emit PoolOpened(id, msg.sender, keeper, terms, models, rulesHash);
        STOCK.setUp(id, terms, models, keeper);
    }

    // Joining

    /// @inheritdoc ISparePools
    function join(PoolId id, AssetId asset, bytes32 rulesHash, uint80 credit) external returns (MemberId) {
        return _join(id, msg.sender, asset, rulesHash, credit);
    }

    /// @inheritdoc ISparePools
    function joinSigned(JoinPool calldata form, bytes calldata signature) external returns (MemberId) {
        _consumeForm(form.account, hashJoinPool(form), form.nonce, form.deadline, signature);
        return _join(form.poolId, form.account, form.assetId, form.rulesHash, form.credit);
    }

    /// @inheritdoc ISparePools
    function vouch(MemberId by, address candidate) external {
        PoolId id = _own(by).pool;
        isVouched[id][candidate] = true;
        emit Vouched(id, by, candidate);
    }

    /// @inheritdoc ISparePools
    function changeMachine(MemberId id, AssetId asset) external {
        Member storage member = _own(id);
        _checkNoClaim(id);
        _uncover(id, member);
        _cover(id, member, asset);
        emit MachineChanged(id, asset, member.model, member.coveredFrom);
    }

    // Money of members

    /// @inheritdoc ISparePools
    function payIn(MemberId id, uint80 amount) external {
        Member storage member = _present(id);
        if (amount == 0) revert Pools_ZeroAmount();
        member.credit += amount;
        _pools[member.pool].held += amount;
        emit PaidIn(id, msg.sender, amount);
        _takeIn(member.pool, msg.sender, amount);
        _draw(id, member);
    }

    /// @inheritdoc ISparePools
    function payOut(MemberId id, uint80 amount) external {
        Member storage member = _own(id);
        if (amount == 0) revert Pools_ZeroAmount();
        _draw(id, member);
        _takeCredit(id, member, amount);
        _pools[member.pool].held -= amount;
        emit PaidOut(id, amount);
        _pay(member.pool, msg.sender, amount);
    }

    /// @inheritdoc ISparePools
    function restoreDeposit(MemberId id) external {
        Member storage member = _own(id);
        uint80 amount = _terms[member.pool].deposit - member.deposit;
        if (amount == 0) revert Pools_ZeroAmount();
        _draw(id, member);
        _takeCredit(id, member, amount);
        member.deposit += amount;
        emit DepositRestored(id, amount);
    }

    /// @inheritdoc ISparePools
    function drawDues(MemberId id) external {
        _draw(id, _present(id));
    }

    // Leaving

    /// @inheritdoc ISparePools
    function quit(MemberId id) external {
        Member storage member = _own(id);
        _leave(id, member, _draw(id, member));
    }

    /// @inheritdoc ISparePools
    function expel(MemberId id) external {
        Member storage member = _present(id);
        uint256 missing = _draw(id, member);
        uint256 amount = missing * _terms[member.pool].dues;
        if (amount <= member.deposit) revert Pools_NotInArrears(id, amount, member.deposit);
        _leave(id, member, missing);
    }

    /// @inheritdoc ISparePools
    function inheritCash(PoolId id) external {
        address heir = _heir(id);
        uint256 amount = _balance(id);
        if (amount == 0) revert Pools_ZeroAmount();
        emit Inherited(id, heir, amount);
        _pay(id, heir, amount);
    }

    // Views

    /// @inheritdoc ISparePools
    function arrearsOf(MemberId id) public view returns (uint256 periods, uint256 amount) {
        Member storage member = _present(id);
        PoolTerms storage terms = _terms[member.pool];
        (uint256 due, uint256 paid) =
            PoolMath.periods(member.duesUntil, terms.period, terms.dues, member.credit, block.timestamp);
        periods = due - paid;
        amount = periods * terms.dues;
    }

    /// @inheritdoc ISparePools
    function refundOf(MemberId id) external view returns (uint256) {
        Member storage member = _present(id);
        PoolTerms storage terms = _terms[member.pool];
        (uint256 due, uint256 paid) =
            PoolMath.periods(member.duesUntil, terms.period, terms.dues, member.credit, block.timestamp);
        uint256 drawn = paid * terms.dues;
        Pool storage pool = _pools[member.pool];
        uint256 cash = cashOf(member.pool) + drawn;
        uint256 own = member.credit - drawn + member.deposit;
        if (pool.members == 1) return own + cash;
        own += PoolMath.share(member.contributed + drawn, pool.contributed + drawn, cash);
        uint256 unpaid = (due - paid) * terms.dues;
        return unpaid > own ? 0 : own - unpaid;
    }

    // Internals: rules

    function _checkTerms(PoolTerms calldata terms) private view {
        if (!ACCOUNTS.isAdmitted(terms.currency)) revert Pools_CurrencyNotAdmitted(terms.currency);
        if (terms.termsHash == 0) revert Pools_OutOfRange("termsHash", 0, 1, type(uint256).max);
        _checkRange("leastGrade", terms.leastGrade, 0, 2);
        _checkRange("claimFee", terms.claimFee, 0, MOST_HELD);
        _checkRange("feePerDay", terms.feePerDay, 0, MOST_PER_DAY);
        _checkRange("lateFeePerDay", terms.lateFeePerDay, 0, MOST_PER_DAY);
        _checkRange("period", terms.period, 1 hours, LONGEST);
        _checkRange("waitingTime", terms.waitingTime, 0, LONGEST);
        _checkRange("freshTime", terms.freshTime, 1 minutes, 30 days);
        _checkRange("longestLoan", terms.longestLoan, 1 days, LONGEST);
        _checkRange("collectTime", terms.collectTime, 1 hours, 90 days);
        _checkRange("defectiveTime", terms.defectiveTime, 1 hours, LONGEST);
        _checkRange("restTime", terms.restTime, 0, LONGEST);
        _checkRange("votingTime", terms.votingTime, 1 days, 90 days);
    }

    // Internals: joining

    function _join(PoolId id, address account, AssetId asset, bytes32 rulesHash, uint80 credit)
        private
        returns (MemberId made)
    {
        _checkRunning();
        Pool storage pool = _known(id);
        if (pool.isClosed) revert Pools_Closed(id, pool.heir);
        if (rulesHash != pool.rulesHash) revert Pools_OtherRules(id, rulesHash, pool.rulesHash);
        _checkRange("members", uint256(pool.members) + 1, 1, MOST_MEMBERS);
        PoolTerms storage terms = _terms[id];
        if (terms.vouched) _useVouch(id, pool, account);

        made = MemberId.wrap(++memberCount);
        Member storage member = _members[made];
        (uint80 entry, uint80 deposit) = (terms.entry, terms.deposit);
        (member.account, member.joinedAt, member.pool) = (account, uint40(block.timestamp), id);
        (member.contributed, member.credit, member.deposit) = (entry, credit, deposit);
        member.duesUntil = uint40(block.timestamp);
        ++pool.members;
        pool.contributed += entry;
        pool.held += uint128(credit) + deposit;
        _cover(made, member, asset);
        emit MemberJoined(made, id, account, asset, member.model, member.coveredFrom, credit);
        _takeIn(id, account, uint256(entry) + deposit + credit);
        _checkPaid(made, member);
    }

    function _useVouch(PoolId id, Pool storage pool, address account) private {
        if (pool.members == 0 && account == pool.maker) return;
        if (!isVouched[id][account]) revert Pools_NotVouched(id, account);
        isVouched[id][account] = false;
    }

    function _cover(MemberId id, Member storage member, AssetId asset) private {
        address owner = ASSETS.providerOf(asset);
        if (owner != member.account) revert Pools_NotTitleOwner(asset, member.account, owner);
        MemberId standing = coverOf[asset];
        // A cover is void once its account has sold the machine.
        if (standing != NO_MEMBER && _members[standing].account == owner) {
            revert Pools_AlreadyCovered(asset, standing);
        }
        coverOf[asset] = id;
        (member.asset, member.model) = (asset, STOCK.modelOf(member.pool, asset));
        member.coveredFrom = uint40(block.timestamp + _terms[member.pool].waitingTime);
    }

    function _uncover(MemberId id, Member storage member) internal {
        if (coverOf[member.asset] == id) coverOf[member.asset] = NO_MEMBER;
    }

    // Internals: leaving

    function _leave(MemberId id, Member storage member, uint256 missing) private {
        _checkNoClaim(id);
        PoolId home = member.pool;
        Pool storage pool = _pools[home];
        (uint80 credit, uint80 deposit, uint128 contributed) = (member.credit, member.deposit, member.contributed);
        (uint256 part, uint256 unpaid) = (cashOf(home), 0);
        uint256 own = uint256(credit) + deposit;
        if (pool.members != 1) {
            part = PoolMath.share(contributed, pool.contributed, part);
            unpaid = missing * _terms[home].dues;
            if (unpaid > own + part) unpaid = own + part;
        }

        member.hasLeft = true;
        _uncover(id, member);
        pool.contributed -= contributed;
        // The two of them are part of what is held.
        // forge-lint: disable-next-line(unsafe-typecast)
        pool.held -= uint128(own);
        emit MemberLeft(id, home, msg.sender, credit, deposit, part, unpaid);
        if (--pool.members == 0) {
            (pool.isClosed, pool.heir) = (true, member.account);
            emit PoolClosed(home, member.account);
        }
        _pay(home, member.account, own + part - unpaid);
    }

    function _checkNoClaim(MemberId id) private view {
        ClaimId open_ = LOANS.openClaimOf(id);
        if (open_ != NO_CLAIM) revert Pools_HasClaim(id, open_);
    }

    function _heir(PoolId id) private view returns (address) {
        Pool storage pool = _known(id);
        if (!pool.isClosed) revert Pools_NotClosed(id, pool.members);
        return pool.heir;
    }
}
