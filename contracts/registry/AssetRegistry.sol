// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {ERC721Utils} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Utils.sol";
import {SelfEndingPause} from "../shared/SelfEndingPause.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IComponents} from "../interfaces/IComponents.sol";
import {IEligibility} from "../interfaces/IEligibility.sol";
import {IEndOfLife} from "../interfaces/IEndOfLife.sol";
import {IFeeSplitter} from "../interfaces/IFeeSplitter.sol";
import {IUsageAgreements} from "../interfaces/IUsageAgreements.sol";
import {ReadingCodec} from "../libraries/ReadingCodec.sol";
import {SignedForms} from "../shared/SignedForms.sol";
import {hashRegister, Register} from "../types/AccountForms.sol";
import {AssetId, NO_ASSET, NO_SPLIT, SplitId} from "../types/Identifiers.sol";
import {packRoute, Route} from "../types/Route.sol";

/// @title Titles of machines; see IAssetRegistry.
/// @dev Only splitter, agreements, components and end of life, all fixed at deployment, are called between a check and its
///      effect; none calls a stranger. The one call to a stranger is the ERC-721 receiver's hook, after everything is written and under the guard.
contract AssetRegistry is
    IAssetRegistry,
    ERC721,
    SignedForms,
    AccessManaged,
    SelfEndingPause,
    ReentrancyGuardTransient
{
    IFeeSplitter public immutable splitter;
    address public immutable meterRegistry;
    IUsageAgreements public immutable agreements;
    IComponents public immutable components;
    IEndOfLife public immutable endOfLife;

    /// @inheritdoc IAssetRegistry
    uint64 public assetCount;
    /// @inheritdoc IAssetRegistry
    address public eligibility;
    /// @inheritdoc IAssetRegistry
    mapping(AssetId => Route) public route;
    /// @inheritdoc IAssetRegistry
    mapping(AssetId => address) public lienholderOf;
    /// @inheritdoc IAssetRegistry
    mapping(AssetId => AssetId) public parentOf;
    mapping(AssetId => Asset) private _assets;
    mapping(bytes32 identity => AssetId) private _byIdentity;
    mapping(bytes32 consent => bool) private _consents;
    /// @inheritdoc IAssetRegistry
    mapping(address => bool) public isRecorder;

    constructor(
        address authority,
        IFeeSplitter splitter_,
        address meterRegistry_,
        IUsageAgreements agreements_,
        IComponents components_,
        IEndOfLife endOfLife_
    ) ERC721("CISE asset title", "CISE") AccessManaged(authority) {
        splitter = splitter_;
        meterRegistry = meterRegistry_;
        agreements = agreements_;
        components = components_;
        endOfLife = endOfLife_;
    }

    // Registration

    /// @inheritdoc IAssetRegistry
    function register(bytes32 model, bytes32 serialHash, address owner) external whenNotPaused returns (AssetId) {
        return _registerForMaker(msg.sender, model, serialHash, owner);
    }

    /// @inheritdoc IAssetRegistry
    function registerSigned(Register calldata form, bytes calldata signature) external whenNotPaused returns (AssetId) {
        _consumeForm(form.maker, hashRegister(form), form.nonce, form.deadline, signature);
        return _registerForMaker(form.maker, form.model, form.serialHash, form.owner);
    }

    /// @inheritdoc IAssetRegistry
    function registerSelfDeclared(address claimedMaker, bytes32 model, bytes32 serialHash, address owner)
        external
        whenNotPaused
        returns (AssetId)
    {
        bytes32 identity = keccak256(abi.encode("self-declared", msg.sender, claimedMaker, model, serialHash));
        return _register(identity, claimedMaker, msg.sender, model, serialHash, owner);
    }

    // Title

    /// @inheritdoc IERC721
    function transferFrom(address from, address to, uint256 tokenId) public override(ERC721, IERC721) nonReentrant {
        super.transferFrom(from, to, tokenId);
    }

    /// @inheritdoc IERC721
    /// @dev The receiver's hook runs under the guard: it sees the finished transfer and cannot touch titles or routes.
    function safeTransferFrom(address from, address to, uint256 tokenId, bytes memory data)
        public
        override(ERC721, IERC721)
        nonReentrant
    {
        super.transferFrom(from, to, tokenId);
        ERC721Utils.checkOnERC721Received(msg.sender, from, to, tokenId, data);
    }

    /// @notice The passport's address.
    function tokenURI(uint256 tokenId) public view override returns (string memory) {
        _requireOwned(tokenId);
        return _assets[AssetId.wrap(uint64(tokenId))].passportUri;
    }

    /// @inheritdoc IAssetRegistry
    function setPassport(AssetId asset, bytes32 passportHash, string calldata uri) external {
        _checkTitleOwner(asset);
        _assets[asset].passportHash = passportHash;
        _assets[asset].passportUri = uri;
        emit PassportSet(asset, passportHash, uri);
    }

    /// @inheritdoc IAssetRegistry
    function setLifecycle(AssetId asset, Lifecycle to, bytes32 documentHash) external nonReentrant {
        _checkTitleOwner(asset);
        Lifecycle from = _assets[asset].lifecycle;
        if (from == Lifecycle.Retired || to == from || to == Lifecycle.Registered) {
            revert Assets_LifecycleRefused(asset, from, to);
        }
        if (to == Lifecycle.Retired) {
            _checkNoLien(asset);
            _checkStandsAlone(asset);
            uint256 open = agreements.openAgreementsOf(asset);
            if (open != 0) revert Assets_OpenAgreements(asset, open);
            if (!endOfLife.mayRetire(asset)) revert Assets_NotDecided(asset, msg.sender);
            // What was offered before must not be opened afterwards.
            ++_assets[asset].titleEpoch;
        }
        _assets[asset].lifecycle = to;
        emit LifecycleChanged(asset, from, to, documentHash);
    }

    // Where the fees go

    /// @inheritdoc IAssetRegistry
    function repoint(AssetId asset, SplitId to) external nonReentrant {
        _checkTitleOwner(asset);
        _checkNotRetired(asset);
        if (!splitter.exists(to)) revert Assets_UnknownSplit(to);
        SplitId from = route[asset].split();
        if (from != NO_SPLIT) {
            _useConsents(asset, from, to);
            address[] memory currencies = splitter.currenciesOf(from);
            for (uint256 i = 0; i < currencies.length; ++i) {
                if (!splitter.lists(to, currencies[i])) revert Assets_CurrencyNotListed(to, currencies[i]);
            }
            splitter.distributeAll(from);
        }
        _setSplit(asset, to);
    }

    /// @inheritdoc IAssetRegistry
    function consentToRepoint(AssetId asset, SplitId to) external {
        _checkKnown(asset);
        _consents[_consentKey(asset, route[asset].split(), to, msg.sender)] = true;
        emit RepointConsented(asset, to, msg.sender);
    }

    // Liens

    /// @inheritdoc IAssetRegistry
    function placeLien(AssetId asset, address lienholder) external nonReentrant {
        address owner = _checkTitleOwner(asset);
        _checkNotRetired(asset);
        _checkNoLien(asset);
        if (parentOf[asset] != NO_ASSET) {
            (AssetId above, address first) = components.lienOn(asset);
            if (above != NO_ASSET) revert Assets_UnderLien(above, first);
        }
        if (lienholder == address(0) || lienholder == owner) revert Assets_InvalidLienholder(lienholder);
        lienholderOf[asset] = lienholder;
        emit LienPlaced(asset, lienholder);
    }

    /// @inheritdoc IAssetRegistry
    function releaseLien(AssetId asset) external nonReentrant {
        address lienholder = lienholderOf[asset];
        if (lienholder == address(0)) revert Assets_NoLien(asset);
        if (msg.sender != lienholder) revert Assets_NotLienholder(asset, msg.sender, lienholder);
        delete lienholderOf[asset];
        emit LienReleased(asset, lienholder);
    }

    // History

    /// @inheritdoc IAssetRegistry
    function recordHistory(AssetId asset, bytes32 kind, bytes32 documentHash, string calldata uri) external {
        // Recorders first: they write most, and looking for the others costs them two cold slots.
        bool author = msg.sender == providerOf(asset) || isRecorder[msg.sender] || msg.sender == _assets[asset].maker
            || msg.sender == lienholderOf[asset];
        if (!author) revert Assets_NotAuthor(asset, msg.sender);
        emit HistoryRecorded(asset, msg.sender, kind, documentHash, uri);
    }

    // Meter

    /// @inheritdoc IAssetRegistry
    function setMeter(AssetId asset, address meter, uint32 epoch) external nonReentrant {
        if (msg.sender != meterRegistry) revert Assets_NotMeterRegistry(msg.sender);
        _checkKnown(asset);
        _checkNotRetired(asset);
        _setRoute(asset, packRoute(meter, route[asset].split(), epoch));
    }

    // Components

    /// @inheritdoc IAssetRegistry
    function place(AssetId[] calldata moving, AssetId parent, address to) external nonReentrant {
        if (msg.sender != address(components)) revert Assets_NotComponents(msg.sender);
        address from = providerOf(moving[0]);
        parentOf[moving[0]] = parent;
        if (from == to) return;
        for (uint256 i = 0; i < moving.length; ++i) {
            _moveTitle(moving[i], from, to);
        }
    }

    // Views

    /// @inheritdoc IAssetRegistry
    function routesOfAssets(AssetId[] calldata assets) external view returns (Route[] memory) {
        ReadingCodec.returnRoutes(route, assets);
    }

    /// @inheritdoc IAssetRegistry
    function assetOf(AssetId asset) external view returns (Asset memory) {
        _checkKnown(asset);
        return _assets[asset];
    }

    /// @inheritdoc IAssetRegistry
    function passportHashOf(AssetId asset) external view returns (bytes32) {
        return _assets[asset].passportHash;
    }

    /// @inheritdoc IAssetRegistry
    function lifecycleOf(AssetId asset) external view returns (Lifecycle) {
        _checkKnown(asset);
        return _assets[asset].lifecycle;
    }

    /// @inheritdoc IAssetRegistry
    function registrantOf(AssetId asset) external view returns (address) {
        _checkKnown(asset);
        address declarer = _assets[asset].selfDeclaredBy;
        return declarer == address(0) ? _assets[asset].maker : declarer;
    }

    /// @inheritdoc IAssetRegistry
    function titleEpochOf(AssetId asset) external view returns (uint32) {
        return _assets[asset].titleEpoch;
    }

    /// @inheritdoc IAssetRegistry
    function providerOf(AssetId asset) public view returns (address provider) {
        provider = _ownerOf(AssetId.unwrap(asset));
        if (provider == address(0)) revert Assets_Unknown(asset);
    }

    /// @inheritdoc IAssetRegistry
    function findAsset(address maker, bytes32 model, bytes32 serialHash) external view returns (AssetId) {
        return _byIdentity[keccak256(abi.encode(maker, model, serialHash))];
    }

    /// @inheritdoc IAssetRegistry
    function offerRefusal(AssetId asset) external view returns (bytes32 reason) {
        address provider = _ownerOf(AssetId.unwrap(asset));
        if (provider == address(0)) return "unknown asset";
        if (_assets[asset].lifecycle == Lifecycle.Retired) return "retired";
        if (parentOf[asset] != NO_ASSET) return "part of another asset";
        if (eligibility == address(0)) return "no policy";
        return IEligibility(eligibility).refusal(asset, provider);
    }

    /// @inheritdoc IAssetRegistry
    function digestOf(Register calldata form) external view returns (bytes32) {
        return _hashTypedDataV4(hashRegister(form));
    }

    // Governance

    /// @inheritdoc IAssetRegistry
    function setEligibility(address policy) external restricted {
        if (policy.code.length == 0) revert Assets_InvalidPolicy(policy);
        emit EligibilityChanged(eligibility, policy);
        eligibility = policy;
    }

    /// @inheritdoc IAssetRegistry
    function appointRecorder(address recorder, bool on) external restricted {
        isRecorder[recorder] = on;
        emit RecorderAppointed(recorder, on);
    }

    /// @inheritdoc IAssetRegistry
    function pause() external restricted {
        _pause();
    }

    /// @inheritdoc IAssetRegistry
    function unpause() external restricted {
        _unpause();
    }

    // Internals

    function _registerForMaker(address maker, bytes32 model, bytes32 serialHash, address owner)
        private
        returns (AssetId)
    {
        return _register(keccak256(abi.encode(maker, model, serialHash)), maker, address(0), model, serialHash, owner);
    }

    /// @dev No receiver hook at registration: the registrant names the owner, who can refuse nothing by it.
    function _register(
        bytes32 identity,
        address maker,
        address selfDeclaredBy,
        bytes32 model,
        bytes32 serialHash,
        address owner
    ) private returns (AssetId asset) {
        if (serialHash == bytes32(0)) revert Assets_ZeroSerial();
        asset = _byIdentity[identity];
        if (asset != NO_ASSET) revert Assets_AlreadyRegistered(asset, maker, model, serialHash);

        asset = AssetId.wrap(++assetCount);
        _byIdentity[identity] = asset;
        Asset storage record = _assets[asset];
        record.maker = maker;
        record.selfDeclaredBy = selfDeclaredBy;
        record.registeredAt = uint40(block.timestamp);
        record.model = model;
        record.serialHash = serialHash;
        _mint(owner, AssetId.unwrap(asset));
        emit AssetRegistered(asset, maker, owner, model, serialHash, selfDeclaredBy);
    }

    /// @dev The lienholder may move the title. An id that was never minted has no owner, hence nobody authorised;
    ///      therefore narrowing the token id is safe here and in `_update`.
    function _isAuthorized(address owner, address spender, uint256 tokenId) internal view override returns (bool) {
        if (super._isAuthorized(owner, spender, tokenId)) return true;
        return owner != address(0) && spender != address(0) && spender == lienholderOf[AssetId.wrap(uint64(tokenId))];
    }

    /// @dev Every way to move a title ends here, but for what moves with another: a machine takes its parts along (I-11).
    function _update(address to, uint256 tokenId, address auth) internal override returns (address from) {
        from = super._update(to, tokenId, auth);
        if (from == address(0)) return from;
        AssetId asset = AssetId.wrap(uint64(tokenId));
        _checkStandsAlone(asset);
        AssetId[] memory moving = components.withParts(asset);
        for (uint256 i = 0; i < moving.length; ++i) {
            address lienholder = lienholderOf[moving[i]];
            if (lienholder != address(0) && msg.sender != lienholder) revert Assets_UnderLien(moving[i], lienholder);
        }
        _passTitle(asset, from, to);
        for (uint256 i = 1; i < moving.length; ++i) {
            _moveTitle(moving[i], from, to);
        }
    }

    /// @dev Of a part, everyone who must agree having agreed.
    function _moveTitle(AssetId part, address from, address to) private {
        super._update(to, AssetId.unwrap(part), address(0));
        _passTitle(part, from, to);
    }

    /// @dev What has settled is paid under the old shares; what settles later is the buyer's, except where the split
    ///      backs a lien or the seller does not control it: nobody sells the payees' rights over their heads.
    function _passTitle(AssetId asset, address seller, address buyer) private {
        ++_assets[asset].titleEpoch;

        SplitId old = route[asset].split();
        if (old == NO_SPLIT) return;
        splitter.distributeAll(old);
        if (lienholderOf[asset] != address(0) || splitter.controllerOf(old) != seller) return;
        IFeeSplitter.Payee[] memory payees = new IFeeSplitter.Payee[](1);
        payees[0] = IFeeSplitter.Payee({account: buyer, share: 1});
        _setSplit(asset, splitter.create(buyer, payees, splitter.currenciesOf(old)));
    }

    function _setSplit(AssetId asset, SplitId split) private {
        Route old = route[asset];
        _setRoute(asset, packRoute(old.meter(), split, old.epoch()));
    }

    function _setRoute(AssetId asset, Route to) private {
        route[asset] = to;
        emit RouteChanged(asset, to);
    }

    function _useConsents(AssetId asset, SplitId from, SplitId to) private {
        address controller = splitter.controllerOf(from);
        if (controller != address(0)) return _useConsent(asset, from, to, controller);
        IFeeSplitter.Payee[] memory payees = splitter.payeesOf(from);
        for (uint256 i = 0; i < payees.length; ++i) {
            _useConsent(asset, from, to, payees[i].account);
        }
    }

    function _useConsent(AssetId asset, SplitId from, SplitId to, address by) private {
        if (by == msg.sender) return;
        bytes32 key = _consentKey(asset, from, to, by);
        if (!_consents[key]) revert Assets_ConsentMissing(asset, to, by);
        delete _consents[key];
    }

    /// @dev A consent is given to this owner and away from this split: it lapses when the title or the split changes.
    function _consentKey(AssetId asset, SplitId from, SplitId to, address by) private view returns (bytes32) {
        return keccak256(abi.encode(asset, _assets[asset].titleEpoch, from, to, by));
    }

    function _checkKnown(AssetId asset) private view {
        providerOf(asset);
    }

    function _checkTitleOwner(AssetId asset) private view returns (address owner) {
        owner = providerOf(asset);
        if (msg.sender != owner) revert Assets_NotTitleOwner(asset, msg.sender, owner);
    }

    function _checkNotRetired(AssetId asset) private view {
        if (_assets[asset].lifecycle == Lifecycle.Retired) revert Assets_Retired(asset);
    }

    function _checkStandsAlone(AssetId asset) private view {
        AssetId parent = parentOf[asset];
        if (parent != NO_ASSET) revert Assets_IsPart(asset, parent);
    }

    function _checkNoLien(AssetId asset) private view {
        address lienholder = lienholderOf[asset];
        if (lienholder != address(0)) revert Assets_UnderLien(asset, lienholder);
    }
}
