// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A contract whose new obligations the guardian may stop for 14 days.
interface IPausable {
    function pause() external;
    function unpause() external;
}
