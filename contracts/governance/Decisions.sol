// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDecisions} from "../interfaces/IDecisions.sol";
import {IMembership} from "../interfaces/IMembership.sol";

/// @dev Asked by the governor when a proposal is made. Rules are only ever added, so what was allowed then is still allowed
///      when it is executed.
contract Decisions is IDecisions {
    address public immutable timelock;
    address public immutable membership;

    Rule[] private _rules;
    mapping(address target => mapping(bytes4 selector => uint256 place)) private _places; // from 1
    mapping(address target => bool) public isFounding;

    constructor(address timelock_, address membership_, address[] memory founding, Rule[] memory rules_) {
        (timelock, membership) = (timelock_, membership_);
        for (uint256 i = 0; i < founding.length; ++i) {
            isFounding[founding[i]] = true;
        }
        for (uint256 i = 0; i < rules_.length; ++i) {
            _add(rules_[i]);
        }
    }

    /// @inheritdoc IDecisions
    function add(Rule calldata rule) external {
        if (msg.sender != timelock) revert Decisions_NotDecided(msg.sender);
        if (isFounding[rule.target]) revert Decisions_Founding(rule.target);
        _add(rule);
    }

    /// @inheritdoc IDecisions
    function check(address[] calldata targets, uint256[] calldata values, bytes[] calldata payloads) external view {
        for (uint256 i = 0; i < targets.length; ++i) {
            if (values[i] != 0) revert Decisions_ValueSent(i, values[i]);
            _check(i, targets[i], payloads[i]);
        }
    }

    /// @inheritdoc IDecisions
    function rules() external view returns (Rule[] memory) {
        return _rules;
    }

    // Internals

    function _check(uint256 call, address target, bytes calldata payload) private view {
        if (payload.length < 4) revert Decisions_TooShort(call, payload.length);
        bytes4 selector = bytes4(payload[:4]);
        uint256 place = _places[target][selector];
        if (place == 0) revert Decisions_NotListed(target, selector);
        Bound[] storage bounds = _rules[place - 1].bounds;
        for (uint256 i = 0; i < bounds.length; ++i) {
            Bound memory bound = bounds[i];
            uint256 value = _word(call, payload, bound.word);
            if (bound.isOutside) {
                if (isFounding[address(uint160(value))]) revert Decisions_Founding(address(uint160(value)));
            } else if (value < bound.least || value > bound.most) {
                revert Decisions_OutOfBounds(target, selector, bound.word, value, bound.least, bound.most);
            }
        }
        // Nobody is put to the vote unheard.
        if (target == membership && selector == IMembership.expel.selector) {
            IMembership(membership).requireHeard(address(uint160(_word(call, payload, 0))));
        }
    }

    function _word(uint256 call, bytes calldata payload, uint256 word) private pure returns (uint256) {
        uint256 start = 4 + 32 * word;
        if (payload.length < start + 32) revert Decisions_TooShort(call, payload.length);
        return uint256(bytes32(payload[start:start + 32]));
    }

    function _add(Rule memory rule) private {
        if (_places[rule.target][rule.selector] != 0) revert Decisions_ListedAlready(rule.target, rule.selector);
        Rule storage added = _rules.push();
        (added.target, added.selector) = (rule.target, rule.selector);
        for (uint256 i = 0; i < rule.bounds.length; ++i) {
            added.bounds.push(rule.bounds[i]);
        }
        _places[rule.target][rule.selector] = _rules.length;
        emit RuleAdded(rule.target, rule.selector, rule.bounds);
    }
}
