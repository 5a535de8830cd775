// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IComponents} from "../interfaces/IComponents.sol";
import {IMeterRegistry} from "../interfaces/IMeterRegistry.sol";
import {IStepSource} from "../interfaces/IStepSource.sol";
import {IUsageAgreements} from "../interfaces/IUsageAgreements.sol";
import {StepReason} from "../types/Components.sol";
import {AssetId, NO_ASSET} from "../types/Identifiers.sol";

/// @title Trees of assets; see IComponents.
/// @dev Every title in a tree is the root owner's; titles, liens and each part's parent are the AssetRegistry's. Walks are bounded
///      by the limits on levels and parts. Has no authority. Calls registries and agreements, all fixed at deployment, and
///      recorders that governance appointed, these only for a view.
contract Components is IComponents {
    uint256 private constant MOST_PARTS = 32;
    uint256 private constant MOST_LEVELS = 4;
    uint256 private constant MOST_IN_MACHINE = 64;

    IAssetRegistry public immutable assets;
    IMeterRegistry public immutable meters;
    IUsageAgreements public immutable agreements;

    /// One slot.
    struct Count {
        uint32 below; // parts in it, at all levels
        uint32 detached; // taken out so often: earlier consents and exclusions have lapsed
        uint48 odometer; // the root's, from which its share counts
        uint64 use; // counted before that
    }

    mapping(AssetId => Count) private _counts;
    mapping(AssetId => AssetId[]) private _parts;
    mapping(bytes32 consent => bool) private _consents;
    mapping(AssetId part => mapping(uint32 detached => mapping(address lienholder => bool))) private _excluded;

    constructor(IAssetRegistry assets_, IMeterRegistry meters_, IUsageAgreements agreements_) {
        assets = assets_;
        meters = meters_;
        agreements = agreements_;
    }

    // Steps

    /// @inheritdoc IComponents
    function attach(AssetId part, AssetId parent, StepReason calldata reason) external {
        address owner = assets.providerOf(part);
        address to = assets.providerOf(parent);
        (AssetId[] memory moving, uint256 levels) = _gather(part);
        AssetId root = _checkFits(part, parent, moving.length, levels);
        _checkReason(parent, reason);
        bytes32 step = _stepOf(part, parent, to, reason);
        _checkConsent(part, parent, step, owner);
        _checkConsent(part, parent, step, to);
        if (_agreeLienholders(moving, step)) _agreeLienholdersAbove(parent, step);

        uint48 odometer = _odometerOf(root);
        if (moving.length > 1) _rebase(moving, _odometerOf(part), odometer);
        _counts[part].odometer = odometer;
        _parts[parent].push(part);
        for (AssetId above = parent; above != NO_ASSET; above = _parentOf(above)) {
            _counts[above].below += uint32(moving.length);
        }
        emit PartAttached(part, parent, root, odometer, reason.source, reason.id);
        assets.place(moving, parent, to);
    }

    /// @inheritdoc IComponents
    function detach(AssetId part, address to, StepReason calldata reason) external {
        AssetId parent = _checkIsPart(part);
        address owner = assets.providerOf(part);
        bytes32 step = _stepOf(part, parent, to, reason);
        bool foreclosing = msg.sender == assets.lienholderOf(part);
        if (!foreclosing) _checkConsent(part, parent, step, owner);
        if (!foreclosing || reason.source != address(0)) _checkReason(parent, reason);
        (AssetId[] memory moving,) = _gather(part);
        if (to != owner) {
            _checkConsent(part, parent, step, to);
            _agreeLienholders(moving, step);
        }
        _checkLeavesLiens(part, parent);
        _takeOut(moving, parent, reason);
        assets.place(moving, NO_ASSET, to);
    }

    /// @inheritdoc IComponents
    function consentToAttach(AssetId part, AssetId parent, StepReason calldata reason) external {
        assets.providerOf(part);
        _consent(_stepOf(part, parent, assets.providerOf(parent), reason));
        emit AttachConsented(part, parent, msg.sender, reason.source, reason.id);
    }

    /// @inheritdoc IComponents
    function consentToDetach(AssetId part, address to, StepReason calldata reason) external {
        _consent(_stepOf(part, _checkIsPart(part), to, reason));
        emit DetachConsented(part, to, msg.sender, reason.source, reason.id);
    }

    /// @inheritdoc IComponents
    function excludeFromLien(AssetId part, bool on) external {
        assets.providerOf(part);
        _excluded[part][_counts[part].detached][msg.sender] = on;
        emit PartExcluded(part, msg.sender, on);
    }

    // Views

    /// @inheritdoc IComponents
    function partsOf(AssetId parent) external view returns (AssetId[] memory) {
        return _parts[parent];
    }

    /// @inheritdoc IComponents
    function rootOf(AssetId part) public view returns (AssetId root) {
        for (AssetId above = part; above != NO_ASSET; above = _parentOf(above)) {
            root = above;
        }
    }

    /// @inheritdoc IComponents
    function useOf(AssetId part) external view returns (uint256 use) {
        Count storage count = _counts[part];
        use = count.use;
        if (_parentOf(part) != NO_ASSET) use += _odometerOf(rootOf(part)) - count.odometer;
    }

    /// @inheritdoc IComponents
    function withParts(AssetId asset) external view returns (AssetId[] memory all) {
        (all,) = _gather(asset);
    }

    /// @inheritdoc IComponents
    function lienOn(AssetId asset) public view returns (AssetId on, address lienholder) {
        for (on = asset; on != NO_ASSET; on = _parentOf(on)) {
            lienholder = assets.lienholderOf(on);
            bool binds = lienholder != address(0) && (on == asset || !isExcluded(asset, lienholder));
            if (binds) return (on, lienholder);
        }
        lienholder = address(0);
    }

    /// @inheritdoc IComponents
    function isExcluded(AssetId part, address lienholder) public view returns (bool) {
        return _excluded[part][_counts[part].detached][lienholder];
    }

    // Internals: what fits

    /// @return all The asset and everything in it, from the top down.
    /// @return levels How many levels of parts it has.
    function _gather(AssetId asset) private view returns (AssetId[] memory all, uint256 levels) {
        all = new AssetId[](uint256(_counts[asset].below) + 1);
        all[0] = asset;
        uint256 next = 0;
        for (uint256 filled = 1; filled < all.length; ++levels) {
            for (uint256 end = filled; next < end; ++next) {
                AssetId[] storage parts = _parts[all[next]];
                uint256 count = parts.length;
                for (uint256 i = 0; i < count; ++i) {
                    all[filled++] = parts[i];
                }
            }
        }
    }

    function _checkFits(AssetId part, AssetId parent, uint256 joining, uint256 levels)
        private
        view
        returns (AssetId root)
    {
        AssetId already = _parentOf(part);
        if (already != NO_ASSET) revert IAssetRegistry.Assets_IsPart(part, already);
        for (AssetId above = parent; above != NO_ASSET; above = _parentOf(above)) {
            root = above;
            ++levels;
        }
        if (root == part) revert Components_Circular(part, parent);
        _checkNotRetired(part);
        _checkNotRetired(root);
        uint256 open = agreements.openAgreementsOf(part);
        if (open != 0) revert IAssetRegistry.Assets_OpenAgreements(part, open);
        uint256 count = _parts[parent].length;
        if (count == MOST_PARTS) revert Components_TooManyParts(parent, count + 1, MOST_PARTS);
        if (levels > MOST_LEVELS) revert Components_TooManyLevels(part, parent, levels, MOST_LEVELS);
        joining += _counts[root].below;
        if (joining > MOST_IN_MACHINE) revert Components_MachineTooLarge(root, joining, MOST_IN_MACHINE);
    }

    function _checkIsPart(AssetId part) private view returns (AssetId parent) {
        parent = _parentOf(part);
        if (parent == NO_ASSET) revert Components_NotAPart(part);
    }

    /// @dev Work is ordered for a machine as often as for the assembly in it: a step for anything above will do.
    function _checkReason(AssetId parent, StepReason calldata reason) private view {
        if (reason.source == address(0)) {
            bool assembling = assets.lifecycleOf(parent) == IAssetRegistry.Lifecycle.Registered;
            if (assembling && msg.sender == assets.registrantOf(parent)) return;
            revert Components_ReasonMissing(parent, msg.sender);
        }
        if (!assets.isRecorder(reason.source) || reason.source.code.length == 0) {
            revert Components_NotRecorder(reason.source);
        }
        for (AssetId above = parent; above != NO_ASSET; above = _parentOf(above)) {
            if (IStepSource(reason.source).isStepFor(above, reason.id)) return;
        }
        revert Components_NoSuchStep(parent, reason.source, reason.id);
    }

    // Internals: consents and liens

    function _stepOf(AssetId part, AssetId parent, address to, StepReason calldata reason)
        private
        view
        returns (bytes32)
    {
        return keccak256(
            abi.encode(
                part,
                _counts[part].detached,
                assets.titleEpochOf(part),
                parent,
                assets.titleEpochOf(parent),
                to,
                reason.source,
                reason.id
            )
        );
    }

    function _consent(bytes32 step) private {
        _consents[_consentOf(step, msg.sender)] = true;
    }

    function _consentOf(bytes32 step, address by) private pure returns (bytes32) {
        return keccak256(abi.encode(step, by));
    }

    function _agrees(bytes32 step, address who) private view returns (bool) {
        return msg.sender == who || _consents[_consentOf(step, who)];
    }

    function _checkConsent(AssetId part, AssetId parent, bytes32 step, address who) private view {
        if (!_agrees(step, who)) revert Components_StepConsentMissing(part, parent, who);
    }

    function _agreeLienholder(AssetId asset, bytes32 step) private view returns (bool any) {
        address lienholder = assets.lienholderOf(asset);
        any = lienholder != address(0);
        if (any && !_agrees(step, lienholder)) revert IAssetRegistry.Assets_UnderLien(asset, lienholder);
    }

    /// @dev I-11: a title under lien moves by its lienholder, or with its consent to this step.
    /// @return any Whether there was a lien.
    function _agreeLienholders(AssetId[] memory moving, bytes32 step) private view returns (bool any) {
        for (uint256 i = 0; i < moving.length; ++i) {
            if (_agreeLienholder(moving[i], step)) any = true;
        }
    }

    /// @dev What is under lien already would stand in the way of those who hold the machine.
    function _agreeLienholdersAbove(AssetId asset, bytes32 step) private view {
        for (AssetId above = asset; above != NO_ASSET; above = _parentOf(above)) {
            _agreeLienholder(above, step);
        }
    }

    function _checkLeavesLiens(AssetId part, AssetId parent) private view {
        for (AssetId above = parent; above != NO_ASSET; above = _parentOf(above)) {
            address lienholder = assets.lienholderOf(above);
            if (lienholder == address(0)) continue;
            if (msg.sender != lienholder && !isExcluded(part, lienholder)) {
                revert IAssetRegistry.Assets_UnderLien(above, lienholder);
            }
        }
    }

    // Internals: the tree

    function _takeOut(AssetId[] memory moving, AssetId parent, StepReason calldata reason) private {
        AssetId part = moving[0];
        AssetId root = rootOf(parent);
        uint48 odometer = _odometerOf(root);
        Count storage count = _counts[part];
        uint64 use = count.use + (odometer - count.odometer);
        count.use = use;
        ++count.detached;
        if (moving.length > 1) _rebase(moving, odometer, _odometerOf(part));
        for (AssetId above = parent; above != NO_ASSET; above = _parentOf(above)) {
            _counts[above].below -= uint32(moving.length);
        }
        AssetId[] storage parts = _parts[parent];
        uint256 last = parts.length - 1;
        for (uint256 i = 0; i < last; ++i) {
            if (parts[i] == part) parts[i] = parts[last];
        }
        parts.pop();
        emit PartDetached(part, parent, root, odometer, use, reason.source, reason.id);
    }

    /// @dev All in the first have counted one root's odometer up to `from` and count another's from `to` on.
    function _rebase(AssetId[] memory moving, uint48 from, uint48 to) private {
        for (uint256 i = 1; i < moving.length; ++i) {
            Count storage count = _counts[moving[i]];
            count.use += from - count.odometer;
            count.odometer = to;
        }
    }

    // Internals: what others know

    function _parentOf(AssetId asset) private view returns (AssetId) {
        return assets.parentOf(asset);
    }

    function _odometerOf(AssetId asset) private view returns (uint48) {
        return meters.odometerOf(asset).odometer;
    }

    function _checkNotRetired(AssetId asset) private view {
        if (assets.lifecycleOf(asset) == IAssetRegistry.Lifecycle.Retired) {
            revert IAssetRegistry.Assets_Retired(asset);
        }
    }
}
