// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetId} from "../types/Identifiers.sol";
import {OrderId, OrderStage} from "../types/Service.sol";
import {
    ClaimId,
    MemberId,
    Place,
    PoolId,
    PoolModel,
    PoolTerms,
    Proposal,
    ProposalId,
    ProposalKind,
    Stock,
    Unit
} from "../types/Spares.sol";

/// @title What a pool has: spares in custody, their repair, and what members decide about them.
/// @notice This contract owns the titles of all spares until they leave a pool. A spare is in exactly one place (I-12):
///
///            purchase ──▶ shelf ──lend──▶ lent ──giveBack──▶ shelf, or repair by its grade
///                         │  ▲              ├──buyOut, exchange──▶ bought out (the member's own)
///                         │  └──shelve── repair ◀──exchange── the member's defective unit
///                         └──vote, heir──▶ retired ◀──vote── repair, or lent and overdue
///
///         A model is AssetRegistry's, under the maker that registered the machine itself: what somebody declared in a maker's name
///         is none. A vote belongs to each membership, and more than half of all memberships decide.
interface ISpareStock {
    event UnitMoved(AssetId indexed unit, PoolId indexed pool, Place indexed to, Place from, uint8 model);
    event RepairOrdered(AssetId indexed unit, OrderId indexed order, uint80 funded);
    event GiftsSkimmed(address indexed currency, address indexed to, uint256 amount);
    event Proposed(
        ProposalId indexed proposal,
        PoolId indexed pool,
        ProposalKind indexed kind,
        AssetId asset,
        address account,
        uint80 price,
        uint40 closesAt
    );
    event Voted(ProposalId indexed proposal, MemberId indexed member);
    event CarriedOut(ProposalId indexed proposal, uint256 yes, uint256 members);

    error Stock_Paused();
    error Stock_NotPlatform(address caller);
    error Stock_OutOfRange(bytes32 which, uint256 value, uint256 least, uint256 most);
    /// @notice Orders under those terms could not be paid from here.
    error Stock_ServiceTermsUnfit(bytes32 reason);
    error Stock_ModelNotServed(PoolId pool, AssetId asset);
    error Stock_NotTitleOwner(AssetId asset, address caller, address owner);
    error Stock_NotMember(MemberId member, address caller, address account);
    error Stock_NotKeeper(PoolId pool, address caller, address keeper);
    error Stock_NotClosed(PoolId pool);
    error Stock_UnderLien(AssetId asset, address lienholder);
    error Stock_AssetRetired(AssetId asset);
    error Stock_InUse(AssetId asset, uint256 agreements);
    /// @notice Work that somebody else has ordered would be paid from what the pool puts into the machine's reserve.
    error Stock_OrdersOpen(AssetId asset, uint256 orders);
    error Stock_NotInPool(AssetId unit, PoolId pool, uint8 model);
    error Stock_WrongPlace(AssetId unit, Place place);
    error Stock_NoneOnShelf(PoolId pool, uint8 model);
    error Stock_OrderRuns(AssetId unit, OrderId order, OrderStage stage);
    error Stock_NotRepaired(AssetId unit, OrderId order);
    error Stock_NoGifts(address currency);
    error Stock_UnknownProposal(ProposalId proposal);
    error Stock_VoteEnded(ProposalId proposal, uint40 closesAt);
    error Stock_MayNotVote(ProposalId proposal, MemberId member);
    error Stock_NotCarried(ProposalId proposal, uint256 yes, uint256 members);

    // Votes

    /// @notice The title owner offers a machine as a spare, for at most its model's posted price. It has to approve this contract for
    ///         the title before `carryOut`. Paused with the OfferBook.
    function proposePurchase(PoolId pool, AssetId asset, uint80 price) external returns (ProposalId);
    /// @notice A member: a unit leaves the pool for good, its title to `taker` (who takes it apart, or a maker that takes it back).
    ///         One that is lent is written off, after its latest return.
    function proposeRetirement(MemberId by, AssetId unit, address taker) external returns (ProposalId);
    function proposeKeeper(MemberId by, address keeper) external returns (ProposalId);
    /// @notice In favour; a vote is not taken back. Who joined after the proposal has none, and about retirements and keepers who
    ///         then still waited for its cover has none either.
    function vote(ProposalId proposal, MemberId member) external;
    /// @notice Anyone, once carried and in time; votes of those who have left do not count. A purchase pays from the pool's cash.
    function carryOut(ProposalId proposal) external;

    // Repair

    /// @notice The keeper takes a spare off the shelf, but for those that are kept for who was called out.
    function withhold(AssetId unit) external;
    /// @notice Anyone: an order for repair of what is in repair, under the pool's service terms, paid from its cash up to the model's
    ///         ceiling and accepted by rule. Again, where the one before came to nothing.
    function repair(AssetId unit, bytes32 documentHash, string calldata uri) external returns (OrderId);
    /// @notice Anyone, once the order is paid: back to the shelf, and what is left in the unit's reserve to the pool's cash. The keeper
    ///         also approves delivered work by it, or shelves what needed none.
    function shelve(AssetId unit) external;

    // Ends

    /// @notice Anyone, of a closed pool: a spare to its heir.
    function inheritSpare(PoolId pool, AssetId unit) external;
    /// @notice Anyone: what splits of spares have paid to this contract goes to the community.
    function skim(address currency) external returns (uint256 amount);

    // SparePools and SpareLoans only

    function setUp(PoolId pool, PoolTerms calldata terms, PoolModel[] calldata models, address keeper) external;
    /// @notice One of the spares on the shelf is kept for a claim that was called out; or no more.
    function keep(PoolId pool, uint8 model, bool on) external;
    /// @param isKept Whether one is kept for this claim.
    /// @return keeper Who hands it over.
    function lend(AssetId unit, PoolId pool, uint8 model, ClaimId claim, bool isKept, bytes32 conditionHash)
        external
        returns (address keeper);
    /// @param isSound To the shelf, else to repair.
    /// @return keeper Who takes it.
    function takeBack(AssetId unit, bool isSound, bytes32 conditionHash) external returns (address keeper);
    /// @notice The title of a lent spare goes to `to`, who keeps it.
    function letGo(AssetId unit, address to) external;
    /// @notice A defective unit in exchange, into repair.
    function takeExchanged(PoolId pool, uint8 model, AssetId unit, address from) external;

    // Views

    function modelsOf(PoolId pool) external view returns (PoolModel[] memory);
    function modelAt(PoolId pool, uint8 model) external view returns (PoolModel memory);
    /// @return The index of the machine's model; an error where the pool does not serve it.
    function modelOf(PoolId pool, AssetId asset) external view returns (uint8);
    function keeperOf(PoolId pool) external view returns (address);
    function unitOf(AssetId unit) external view returns (Unit memory);
    function stockOf(PoolId pool, uint8 model) external view returns (Stock memory);
    function proposalCount() external view returns (uint64);
    function proposalOf(ProposalId proposal) external view returns (Proposal memory);
    function votersOf(ProposalId proposal) external view returns (MemberId[] memory);
}
