// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {ISignedForms} from "./ISignedForms.sol";
import {AssetId, SplitId} from "../types/Identifiers.sol";
import {Register} from "../types/AccountForms.sol";
import {Route} from "../types/Route.sol";

/// @title Titles of machines (ERC-721, token id = asset id), who made them, what state they are in and where their fees go.
/// @notice The owner of the title is the provider. (maker, model, serial hash) is unique.
///         A title moves by ERC-721 transfer, always with these consequences: listed offers and permit signers lapse, the
///         old split is distributed, and fees that settle later go to a new split of the buyer alone, with the currencies of
///         the old one. A split that the seller does not control (a fixed one included), and the split of an asset under lien,
///         stay with the asset instead: a sale takes no payee's rights away that the seller could not take himself.
/// @dev WARNING a contract that takes a title even for one transaction gets the new split in its own name.
/// @dev WARNING a lien binds the title and not the fees: a lienholder that counts on those needs the split's control too.
interface IAssetRegistry is IERC721, ISignedForms {
    enum Lifecycle {
        Registered,
        InService,
        InMaintenance,
        Returned,
        Retired
    }

    struct Asset {
        address maker; // as signed by the maker, or as claimed where selfDeclaredBy is set
        address selfDeclaredBy; // zero: the maker itself registered or signed
        Lifecycle lifecycle;
        uint40 registeredAt;
        uint32 titleEpoch; // rises with every transfer and at retirement; offers and permit signers of an older epoch have lapsed
        bytes32 model;
        bytes32 serialHash;
        bytes32 passportHash;
        string passportUri;
    }

    event AssetRegistered(
        AssetId indexed asset,
        address indexed maker,
        address indexed owner,
        bytes32 model,
        bytes32 serialHash,
        address selfDeclaredBy
    );
    event PassportSet(AssetId indexed asset, bytes32 passportHash, string uri);
    event LifecycleChanged(AssetId indexed asset, Lifecycle from, Lifecycle to, bytes32 documentHash);
    event HistoryRecorded(
        AssetId indexed asset, address indexed author, bytes32 indexed kind, bytes32 documentHash, string uri
    );
    event LienPlaced(AssetId indexed asset, address indexed lienholder);
    event LienReleased(AssetId indexed asset, address indexed lienholder);
    /// @notice Emitted at every change of meter, epoch or split: the whole slot.
    event RouteChanged(AssetId indexed asset, Route route);
    event RepointConsented(AssetId indexed asset, SplitId indexed to, address indexed by);
    event EligibilityChanged(address indexed from, address indexed to);
    event RecorderAppointed(address indexed recorder, bool on);

    error Assets_Unknown(AssetId asset);
    error Assets_AlreadyRegistered(AssetId asset, address maker, bytes32 model, bytes32 serialHash);
    error Assets_ZeroSerial();
    error Assets_NotTitleOwner(AssetId asset, address caller, address owner);
    error Assets_Retired(AssetId asset);
    error Assets_UnderLien(AssetId asset, address lienholder);
    error Assets_NoLien(AssetId asset);
    error Assets_NotLienholder(AssetId asset, address caller, address lienholder);
    error Assets_InvalidLienholder(address lienholder);
    error Assets_NotMeterRegistry(address caller);
    error Assets_UnknownSplit(SplitId split);
    error Assets_ConsentMissing(AssetId asset, SplitId to, address from);
    error Assets_CurrencyNotListed(SplitId to, address currency);
    error Assets_NotAuthor(AssetId asset, address caller);
    error Assets_LifecycleRefused(AssetId asset, Lifecycle from, Lifecycle to);
    error Assets_OpenAgreements(AssetId asset, uint256 count);
    error Assets_IsPart(AssetId part, AssetId parent);
    error Assets_NotComponents(address caller);
    error Assets_NotDecided(AssetId asset, address owner);
    error Assets_InvalidPolicy(address policy);

    // Registration (pausable; nothing else is). The owner gets no ERC-721 receiver call.

    /// @notice By the maker itself.
    function register(bytes32 model, bytes32 serialHash, address owner) external returns (AssetId);
    /// @notice By anyone with the maker's signature.
    function registerSigned(Register calldata form, bytes calldata signature) external returns (AssetId);
    /// @notice Without the maker: shown as "self-declared"; unique per (caller, claimed maker, model, serial hash).
    function registerSelfDeclared(address claimedMaker, bytes32 model, bytes32 serialHash, address owner)
        external
        returns (AssetId);

    // Title owner

    function setPassport(AssetId asset, bytes32 passportHash, string calldata uri) external;
    /// @notice Free between in service, in maintenance and returned. Retired is final and needs an asset that is no part of
    ///         another, without open agreements or lien, and a standing decision about its next use (EndOfLife); from then on offers lapse and no meter, split or lien can be set. Title, passport and
    ///         history go on, for those who take the machine apart.
    function setLifecycle(AssetId asset, Lifecycle to, bytes32 documentHash) external;
    /// @notice Points the asset's fees to another split after paying out the old one. Needs the consent of the old split's
    ///         controller, or of all payees where it is fixed (the caller's own is implied); the new split must list every
    ///         currency of the old one. An asset without a split is pointed freely.
    function repoint(AssetId asset, SplitId to) external;
    /// @notice For one repointing away from the present split; void once title or split changes.
    function consentToRepoint(AssetId asset, SplitId to) external;
    /// @notice A lienholder can hold the title still, and move it; only it can release. The lien moves with the title and covers
    ///         the asset's parts (see IComponents). A part that a lien covers takes no second one.
    function placeLien(AssetId asset, address lienholder) external;
    function releaseLien(AssetId asset) external;

    // History: title owner, maker, lienholder, or a recorder appointed by governance

    function recordHistory(AssetId asset, bytes32 kind, bytes32 documentHash, string calldata uri) external;

    // MeterRegistry only

    /// @notice Writes only the meter part of the route.
    function setMeter(AssetId asset, address meter, uint32 epoch) external;

    // Components only

    /// @notice Puts the first asset under `parent` (zero: takes it out) and gives it, with all that stands in it, to `to`.
    function place(AssetId[] calldata moving, AssetId parent, address to) external;

    // Views

    /// @return Zero for what stands alone.
    function parentOf(AssetId part) external view returns (AssetId);
    /// @return Zero for an unknown asset; without a meter or split those parts are zero.
    function route(AssetId asset) external view returns (Route);

    /// @return As `route`, for each of many assets: one call for a batch of readings.
    function routesOfAssets(AssetId[] calldata assets) external view returns (Route[] memory);
    function assetOf(AssetId asset) external view returns (Asset memory);
    function lifecycleOf(AssetId asset) external view returns (Lifecycle);
    /// @return The maker, or who declared the asset in its stead.
    function registrantOf(AssetId asset) external view returns (address);
    /// @return Zero where no passport was set.
    function passportHashOf(AssetId asset) external view returns (bytes32);
    function titleEpochOf(AssetId asset) external view returns (uint32);
    function providerOf(AssetId asset) external view returns (address);
    function lienholderOf(AssetId asset) external view returns (address);
    function assetCount() external view returns (uint64);
    /// @return The asset that its maker registered under this identity, or zero; self-declared ones are not found here.
    function findAsset(address maker, bytes32 model, bytes32 serialHash) external view returns (AssetId);
    /// @return reason Zero if the asset may be offered by its provider now.
    function offerRefusal(AssetId asset) external view returns (bytes32 reason);
    /// @notice The policy asked by `offerRefusal`; while there is none, nothing can be offered.
    function eligibility() external view returns (address);
    function isRecorder(address account) external view returns (bool);
    function digestOf(Register calldata form) external view returns (bytes32);

    // Governance

    function setEligibility(address policy) external;
    function appointRecorder(address recorder, bool on) external;
    function pause() external;
    function unpause() external;
}
