// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PrepaidAccounts} from "contracts/accounts/PrepaidAccounts.sol";
import {FeeSplitter} from "contracts/revenue/FeeSplitter.sol";
import {IFeeSplitter} from "contracts/interfaces/IFeeSplitter.sol";
import {Authority} from "contracts/governance/Authority.sol";
import {ERC6909} from "@openzeppelin/contracts/token/ERC6909/ERC6909.sol";
import {MicroEuro} from "contracts/mocks/MicroEuro.sol";
import {SplitId} from "contracts/types/Identifiers.sol";

interface Vm {
    function prank(address caller) external;
    function expectRevert(bytes calldata answer) external;
}

/// I-1, I-2 and I-7 under long random runs of everything that moves a balance.
contract PrepaidAccountsTest {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint256 private constant PEOPLE = 4;
    bytes32 private constant KEY = "pot";

    MicroEuro private _euro;
    PrepaidAccounts private _accounts;
    FeeSplitter private _splitter;
    SplitId private _split;
    address[] private _holders;
    uint256 private _credited;
    uint256 private _withdrawn;
    uint256 private _gifts;

    function setUp() external {
        Authority authority = new Authority(address(this));
        _euro = new MicroEuro();
        _accounts = new PrepaidAccounts(address(authority));
        _splitter = new FeeSplitter(_accounts);
        _accounts.admitCurrency(address(_euro));

        IFeeSplitter.Payee[] memory payees = new IFeeSplitter.Payee[](PEOPLE);
        for (uint256 i = 0; i < PEOPLE; ++i) {
            address person = address(uint160(0x1000 + i));
            _holders.push(person);
            payees[i] = IFeeSplitter.Payee(person, uint96(1 + 7 * i));
        }
        address[] memory currencies = new address[](1);
        currencies[0] = address(_euro);
        _split = _splitter.create(address(this), payees, currencies);
        _holders.push(_splitter.accountOf(_split));
        _holders.push(_accounts.subaccount(address(this), KEY));
    }

    /// I-1: after any run of movements the balances add up to credited − withdrawn, and the tokens cover it.
    function testFuzz_I1_BalancesAddUpToWhatWasCredited(uint256[40] calldata draws) external {
        for (uint256 i = 0; i < draws.length; ++i) {
            _act(draws[i]);
        }

        uint256 sum;
        for (uint256 i = 0; i < _holders.length; ++i) {
            sum += _balance(_holders[i]);
        }
        assert(sum == _credited - _withdrawn);
        assert(sum == _accounts.totalSupply(_id()));
        assert(_euro.balanceOf(address(_accounts)) == sum + _gifts);
    }

    /// I-2: a stranger's attempt on an account never succeeds beyond its allowance.
    function testFuzz_I2_NoSpenderExceedsItsAllowance(uint128 held, uint128 allowed, uint128 taken) external {
        address owner = _holders[0];
        address spender = _holders[1];
        _fund(owner, held);
        VM.prank(owner);
        _accounts.approve(spender, _id(), allowed);

        bytes memory refusal;
        if (taken > allowed) {
            refusal =
                abi.encodeWithSelector(ERC6909.ERC6909InsufficientAllowance.selector, spender, allowed, taken, _id());
        } else if (taken > held) {
            refusal = abi.encodeWithSelector(ERC6909.ERC6909InsufficientBalance.selector, owner, held, taken, _id());
        }
        if (refusal.length != 0) VM.expectRevert(refusal);
        VM.prank(spender);
        _accounts.transferFrom(owner, spender, _id(), taken);
        assert(_balance(owner) == (refusal.length != 0 ? held : held - taken));
    }

    /// I-2: whatever the key, only the module that a sub-account is derived from moves money out of it.
    function testFuzz_I2_OnlyTheModuleMovesItsPot(address caller, bytes32 key, uint128 amount) external {
        if (caller == address(this) || caller == address(VM) || amount == 0) return;
        _fund(_accounts.subaccount(address(this), key), amount);

        VM.expectRevert(
            abi.encodeWithSelector(
                ERC6909.ERC6909InsufficientBalance.selector, _accounts.subaccount(caller, key), 0, amount, _id()
            )
        );
        VM.prank(caller);
        _accounts.moveFrom(key, _holders[0], address(_euro), amount);
        assert(_balance(_accounts.subaccount(address(this), key)) == amount);
    }

    /// I-7 with real balances: shares change at any time, and received = paid + undistributed throughout.
    function testFuzz_I7_ReceivedIsPaidAndUndistributed(uint96[6] calldata receipts, uint96[6] calldata shares)
        external
    {
        uint256 received;
        for (uint256 i = 0; i < receipts.length; ++i) {
            _fund(_splitter.accountOf(_split), receipts[i]);
            received += receipts[i];
            if (i % 2 == 0) _splitter.distribute(_split, address(_euro));
            else _splitter.changeShares(_split, _payees(shares[i]));

            uint256 paid;
            for (uint256 j = 0; j < PEOPLE; ++j) {
                paid += _balance(_holders[j]);
            }
            assert(received == paid + _splitter.undistributed(_split, address(_euro)));
            assert(_splitter.undistributed(_split, address(_euro)) < PEOPLE);
        }
    }

    function _act(uint256 draw) private {
        address one = _holders[(draw >> 8) % PEOPLE];
        address other = _holders[(draw >> 16) % _holders.length];
        uint256 amount = (draw >> 32) % 1e12;
        uint256 kind = draw % 7;
        if (kind == 0) {
            _fund(other, amount);
            _credited += amount;
        } else if (kind == 1) {
            amount = _most(one, amount);
            if (amount == 0) return;
            VM.prank(one);
            _accounts.withdraw(address(_euro), amount, one);
            _withdrawn += amount;
        } else if (kind == 2) {
            amount = _most(one, amount);
            VM.prank(one);
            _accounts.transfer(other, _id(), amount);
        } else if (kind == 3) {
            amount = _most(one, amount);
            VM.prank(one);
            _accounts.approve(address(this), _id(), amount);
            _accounts.transferFrom(one, other, _id(), amount);
        } else if (kind == 4) {
            _accounts.moveFrom(KEY, other, address(_euro), _most(_accounts.subaccount(address(this), KEY), amount));
        } else if (kind == 5) {
            _splitter.distribute(_split, address(_euro));
        } else {
            _euro.mint(address(_accounts), amount);
            _gifts += amount;
        }
    }

    function _fund(address owner, uint256 amount) private {
        if (amount == 0) return;
        _euro.mint(address(this), amount);
        _euro.approve(address(_accounts), amount);
        _accounts.deposit(address(_euro), owner, amount);
    }

    function _payees(uint96 seed) private view returns (IFeeSplitter.Payee[] memory payees) {
        payees = new IFeeSplitter.Payee[](PEOPLE);
        for (uint256 i = 0; i < PEOPLE; ++i) {
            payees[i] = IFeeSplitter.Payee(_holders[i], uint96(uint256(keccak256(abi.encode(seed, i))) >> 200) + 1);
        }
    }

    function _most(address owner, uint256 amount) private view returns (uint256) {
        uint256 balance = _balance(owner);
        return amount < balance ? amount : balance;
    }

    function _balance(address owner) private view returns (uint256) {
        return _accounts.balanceOf(owner, _id());
    }

    function _id() private view returns (uint256) {
        return uint256(uint160(address(_euro)));
    }
}
