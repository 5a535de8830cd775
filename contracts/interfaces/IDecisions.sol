// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The published list of what members may decide: which function of which contract, within which bounds.
/// @notice A proposal that calls anything else is refused when it is made. What the platform was founded with is on the list or
///         is not, for ever: a proposal may add functions of contracts that came later, and nothing else.
interface IDecisions {
    /// @dev Word `word` of the arguments lies in [least, most]; where `isOutside`, it is an address that is none of the founding
    ///      contracts instead.
    struct Bound {
        uint8 word;
        bool isOutside;
        uint256 least;
        uint256 most;
    }

    struct Rule {
        address target;
        bytes4 selector;
        Bound[] bounds;
    }

    event RuleAdded(address indexed target, bytes4 indexed selector, Bound[] bounds);

    error Decisions_NotListed(address target, bytes4 selector);
    error Decisions_OutOfBounds(
        address target, bytes4 selector, uint8 word, uint256 value, uint256 least, uint256 most
    );
    error Decisions_Founding(address target);
    error Decisions_ValueSent(uint256 call, uint256 value);
    error Decisions_TooShort(uint256 call, uint256 length);
    error Decisions_ListedAlready(address target, bytes4 selector);
    error Decisions_NotDecided(address caller);

    /// @notice Reverts where one of the calls may not be decided.
    function check(address[] calldata targets, uint256[] calldata values, bytes[] calldata payloads) external view;
    /// @notice By decision, for a contract that is not a founding one.
    function add(Rule calldata rule) external;
    function rules() external view returns (Rule[] memory);
    function isFounding(address target) external view returns (bool);
}
