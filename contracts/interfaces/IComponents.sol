// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StepReason} from "../types/Components.sol";
import {AssetId} from "../types/Identifiers.sol";

/// @title Assets as parts of assets.
/// @notice A part is an asset of its own, with its own passport and history, that stands in another: its title goes with the
///         machine's, it cannot be offered alone, and it counts the machine's odometer while it is in it. Taken out, it keeps all
///         of that. At most 32 parts in one asset, 4 levels and 64 parts in one machine.
/// @dev A step needs each owner and, where it touches their security, each lienholder: one of them calls, the others have
///      consented to exactly this step. A consent lapses when either title moves or the part is moved.
interface IComponents {
    /// @notice `odometer` is the root's: the whole machine's, at this moment.
    event PartAttached(
        AssetId indexed part,
        AssetId indexed parent,
        AssetId indexed root,
        uint48 odometer,
        address source,
        uint256 step
    );
    /// @notice `use` is all that the part has counted in all machines up to now.
    event PartDetached(
        AssetId indexed part,
        AssetId indexed parent,
        AssetId indexed root,
        uint48 odometer,
        uint64 use,
        address source,
        uint256 step
    );
    event AttachConsented(
        AssetId indexed part, AssetId indexed parent, address indexed by, address source, uint256 step
    );
    event DetachConsented(AssetId indexed part, address indexed to, address indexed by, address source, uint256 step);
    event PartExcluded(AssetId indexed part, address indexed lienholder, bool on);

    error Components_NotAPart(AssetId asset);
    error Components_Circular(AssetId part, AssetId parent);
    error Components_TooManyParts(AssetId parent, uint256 count, uint256 most);
    error Components_TooManyLevels(AssetId part, AssetId parent, uint256 levels, uint256 most);
    error Components_MachineTooLarge(AssetId root, uint256 parts, uint256 most);
    error Components_ReasonMissing(AssetId asset, address caller);
    error Components_NotRecorder(address source);
    error Components_NoSuchStep(AssetId asset, address source, uint256 step);
    error Components_StepConsentMissing(AssetId part, AssetId parent, address from);

    /// @notice Builds a part in: its title passes to the parent's owner. Needs both owners; where the part, or what is in it, is
    ///         under lien, also those lienholders and the lienholders of the machine. The part has no open agreement.
    ///         The reason is a step of a recorder for the parent or something above it; the parent's maker needs none while
    ///         the parent is only registered. Record the machine's status first: the share counts from the last checkpoint.
    function attach(AssetId part, AssetId parent, StepReason calldata reason) external;
    /// @notice Takes a part out, with everything in it; its title passes to `to`. Needs the owner and `to`; where the title moves,
    ///         also the lienholders of the part and what is in it. A lien on the machine covers its parts: its lienholder calls, or
    ///         has excluded the part. The part's own lienholder needs neither the owner nor a reason.
    function detach(AssetId part, address to, StepReason calldata reason) external;
    function consentToAttach(AssetId part, AssetId parent, StepReason calldata reason) external;
    function consentToDetach(AssetId part, address to, StepReason calldata reason) external;
    /// @notice The caller's liens on whatever the part stands in do not cover it. Ends when the part is taken out.
    function excludeFromLien(AssetId part, bool on) external;

    function partsOf(AssetId parent) external view returns (AssetId[] memory);
    /// @return The machine that the part stands in, at the top; itself for what stands alone.
    function rootOf(AssetId part) external view returns (AssetId);
    /// @return all The asset and everything in it, from the top down.
    function withParts(AssetId asset) external view returns (AssetId[] memory all);
    /// @return What the odometers of all machines have counted while the part was in them.
    function useOf(AssetId part) external view returns (uint256);
    function isExcluded(AssetId part, address lienholder) external view returns (bool);
    /// @return on The asset whose lien binds this one: itself or something above it; zero for none.
    function lienOn(AssetId asset) external view returns (AssetId on, address lienholder);
}
