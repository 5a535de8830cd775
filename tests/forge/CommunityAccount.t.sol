// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {ICommunityAccount} from "contracts/interfaces/ICommunityAccount.sol";
import {MemberId} from "contracts/types/Membership.sol";
import {GovernanceWorld} from "./GovernanceWorld.sol";

/// What belongs to all: how it is spent, and shared out to the unit.
contract CommunityAccountTest is GovernanceWorld {
    address private constant STRANGER = address(0x5);
    uint256 private constant EUR = 1_000_000;

    function _spend(uint256 amount) private view returns (bytes memory) {
        return abi.encodeCall(community.spend, (address(euro), STRANGER, amount, REASON));
    }

    function test_DecisionsTakeAtMostAQuarterInThirtyDays() external {
        _give(address(community), 100 * EUR);
        _decide(address(community), _spend(20 * EUR));
        assert(accounts.balanceOf(STRANGER, uint160(address(euro))) == 20 * EUR);
        assert(community.left(address(euro)) == 5 * EUR);
        VM.prank(address(timelock));
        VM.expectRevert(
            abi.encodeWithSelector(ICommunityAccount.Community_TooMuch.selector, address(euro), 6 * EUR, 5 * EUR)
        );
        community.declareDividend(address(euro), 6 * EUR);
        VM.warp(block.timestamp + 30 days);
        assert(community.left(address(euro)) == 20 * EUR);
        VM.expectPartialRevert(IAccessManaged.AccessManagedUnauthorized.selector);
        community.spend(address(euro), STRANGER, 1, REASON);
        VM.prank(address(timelock));
        VM.expectPartialRevert(ICommunityAccount.Community_InvalidReceiver.selector);
        community.spend(address(euro), address(community), 1, REASON);
    }

    /// In equal parts to who had a vote when it was declared; who left keeps it, who came later has none.
    function test_DividendsAreClaimedByMember() external {
        _give(address(community), 100 * EUR + 3);
        VM.prank(address(timelock));
        VM.expectPartialRevert(ICommunityAccount.Community_NothingToShare.selector);
        community.declareDividend(address(euro), 3);
        _decide(address(community), abi.encodeCall(community.declareDividend, (address(euro), 10 * EUR + 3)));
        assert(community.setAside(address(euro)) == 10 * EUR);
        MemberId last = membership.memberOf(founders[3]);
        VM.warp(block.timestamp + 1);
        VM.prank(founders[3]);
        membership.resign();
        VM.prank(founders[3]);
        membership.join(CODE);
        for (uint256 i = 0; i < 4; ++i) {
            MemberId id = i == 3 ? last : membership.memberOf(founders[i]);
            assert(community.claim(id, address(euro)) == 10 * EUR / 4);
            assert(community.claim(id, address(euro)) == 0);
            assert(accounts.balanceOf(founders[i], uint160(address(euro))) == 10 * EUR / 4);
        }
        assert(community.claimable(membership.memberOf(founders[3]), address(euro)) == 0);
        assert(community.setAside(address(euro)) == 0 && community.free(address(euro)) == 90 * EUR + 3);
        VM.warp(block.timestamp + 30 days);
        VM.prank(address(timelock));
        community.declareDividend(address(euro), 3 * EUR);
        assert(community.claimable(last, address(euro)) == 0);
        assert(community.claimable(membership.memberOf(founders[0]), address(euro)) == EUR);
    }

    /// Whatever is declared and whoever comes and goes: what is set aside is what all can claim, to the unit.
    function testFuzz_DividendsAreExact(uint256 moves) external {
        _give(address(community), 1_000 * EUR);
        address token = address(euro);
        for (uint256 i = 0; i < 12; ++i) {
            VM.warp(block.timestamp + (moves & 1) * 31 days);
            uint256 pick = (moves >> 1) % 4;
            uint256 kind = (moves >> 3) % 4;
            if (kind == 0 && MemberId.unwrap(membership.memberOf(founders[pick])) != 0) {
                VM.prank(founders[pick]);
                membership.resign();
            } else if (kind == 1) {
                community.claim(MemberId.wrap(uint64(pick + 1)), token);
            } else if (membership.sharersAt(block.timestamp - 1) != 0) {
                uint256 most = community.left(token);
                if (most >= 4) {
                    VM.prank(address(timelock));
                    community.declareDividend(token, 4 + (moves >> 5) % (most - 3));
                }
            }
            uint256 owed;
            for (uint64 id = 1; id <= 4; ++id) {
                owed += community.claimable(MemberId.wrap(id), token);
            }
            assert(owed == community.setAside(token));
            moves = uint256(keccak256(abi.encode(moves)));
        }
    }
}
