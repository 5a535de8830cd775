// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AgreementId, AssetId, TariffId} from "./Identifiers.sol";

/// What an account holder signs (EIP-712; docs/wire-formats.md). Nonces are unordered and single-use per signer and contract.

/// Verifying contract: AssetRegistry; signed by the maker.
struct Register {
    address maker;
    bytes32 model;
    bytes32 serialHash;
    address owner;
    uint256 nonce;
    uint40 deadline;
}

/// Verifying contract: UsageAgreements; signed by the customer.
struct OpenAgreement {
    address customer;
    AssetId assetId;
    TariffId tariffId;
    bool exclusive;
    uint80 hold;
    uint80 capPerPeriod;
    uint32 period;
    uint256 nonce;
    uint40 deadline;
}

struct EndAgreement {
    AgreementId agreementId;
    uint256 nonce;
    uint40 deadline;
}

struct SetCap {
    AgreementId agreementId;
    uint80 capPerPeriod;
    uint32 period;
    uint256 nonce;
    uint40 deadline;
}

struct Suspend {
    AgreementId agreementId;
    bool on;
    uint256 nonce;
    uint40 deadline;
}

/// Verifying contract: PrepaidAccounts; signed by the owner. Sets the allowance, does not add to it.
struct Allow {
    address owner;
    address spender;
    address currency;
    uint256 amount;
    uint256 nonce;
    uint40 deadline;
}

struct Withdraw {
    address owner;
    address currency;
    uint256 amount;
    address to;
    uint256 nonce;
    uint40 deadline;
}

bytes32 constant REGISTER_TYPEHASH =
    keccak256("Register(address maker,bytes32 model,bytes32 serialHash,address owner,uint256 nonce,uint40 deadline)");
bytes32 constant OPEN_AGREEMENT_TYPEHASH = keccak256(
    "OpenAgreement(address customer,uint64 assetId,uint32 tariffId,bool exclusive,uint80 hold,uint80 capPerPeriod,uint32 period,uint256 nonce,uint40 deadline)"
);
bytes32 constant END_AGREEMENT_TYPEHASH = keccak256("EndAgreement(uint64 agreementId,uint256 nonce,uint40 deadline)");
bytes32 constant SET_CAP_TYPEHASH =
    keccak256("SetCap(uint64 agreementId,uint80 capPerPeriod,uint32 period,uint256 nonce,uint40 deadline)");
bytes32 constant SUSPEND_TYPEHASH = keccak256("Suspend(uint64 agreementId,bool on,uint256 nonce,uint40 deadline)");
bytes32 constant ALLOW_TYPEHASH =
    keccak256("Allow(address owner,address spender,address currency,uint256 amount,uint256 nonce,uint40 deadline)");
bytes32 constant WITHDRAW_TYPEHASH =
    keccak256("Withdraw(address owner,address currency,uint256 amount,address to,uint256 nonce,uint40 deadline)");

function hashRegister(Register memory r) pure returns (bytes32) {
    return keccak256(abi.encode(REGISTER_TYPEHASH, r.maker, r.model, r.serialHash, r.owner, r.nonce, r.deadline));
}

function hashOpenAgreement(OpenAgreement memory o) pure returns (bytes32) {
    return keccak256(
        abi.encode(
            OPEN_AGREEMENT_TYPEHASH,
            o.customer,
            o.assetId,
            o.tariffId,
            o.exclusive,
            o.hold,
            o.capPerPeriod,
            o.period,
            o.nonce,
            o.deadline
        )
    );
}

function hashEndAgreement(EndAgreement memory e) pure returns (bytes32) {
    return keccak256(abi.encode(END_AGREEMENT_TYPEHASH, e.agreementId, e.nonce, e.deadline));
}

function hashSetCap(SetCap memory c) pure returns (bytes32) {
    return keccak256(abi.encode(SET_CAP_TYPEHASH, c.agreementId, c.capPerPeriod, c.period, c.nonce, c.deadline));
}

function hashSuspend(Suspend memory s) pure returns (bytes32) {
    return keccak256(abi.encode(SUSPEND_TYPEHASH, s.agreementId, s.on, s.nonce, s.deadline));
}

function hashAllow(Allow memory a) pure returns (bytes32) {
    return keccak256(abi.encode(ALLOW_TYPEHASH, a.owner, a.spender, a.currency, a.amount, a.nonce, a.deadline));
}

function hashWithdraw(Withdraw memory w) pure returns (bytes32) {
    return keccak256(abi.encode(WITHDRAW_TYPEHASH, w.owner, w.currency, w.amount, w.to, w.nonce, w.deadline));
}
