// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Members count from 1; zero always means "none". The number is the token's id and never used again.
type MemberId is uint64;

using {isSameMember as ==, isOtherMember as !=} for MemberId global;

MemberId constant NO_MEMBER = MemberId.wrap(0);

function isSameMember(MemberId a, MemberId b) pure returns (bool) {
    return MemberId.unwrap(a) == MemberId.unwrap(b);
}

function isOtherMember(MemberId a, MemberId b) pure returns (bool) {
    return MemberId.unwrap(a) != MemberId.unwrap(b);
}

/// What a member is here. Everybody is a user; a financier binds nobody but itself; the others need sponsors or a vote.
enum MemberClass {
    User,
    Provider,
    ServiceProvider,
    Financier,
    Operator,
    Recycler,
    Auditor
}

/// One who is there when the platform is founded, and has a vote at once. Bit n of `classes` stands for MemberClass n.
struct Founder {
    address account;
    uint8 classes;
    uint8 trades;
    bytes32 certificate;
}

/// One slot of times and rights, one of who it is, one of the recycler's certificate.
struct Member {
    uint40 joinedAt;
    uint40 votingSince; // 0: no vote yet
    uint40 votingUntil; // 0: has not left
    uint40 suspendedUntil; // 0: not suspended; behind it only the vote still waits for `reinstate`
    uint40 vouchedAt; // its own last vouching for somebody
    uint32 codeVersion; // the last code of conduct that it accepted
    uint8 classes; // bit n: MemberClass n
    uint8 trades; // bit n: OrderKind n, of a service provider
    address holder; // the last one, also after the member has left
    uint40 hearingSince;
    bool isGone;
    bytes32 certificate;
}

/// A class that binds others, asked for; each member has at most one of each kind under way.
struct Application {
    uint40 sponsoredAt; // by the second sponsor; from then on the objection period
    uint8 trades;
    bool objected;
    MemberId firstSponsor;
    bytes32 certificate;
    bool isOpen;
}

struct Vouch {
    MemberId by;
    uint40 since;
}

/// A code of conduct; `hash` is keccak256 of the document at `uri`.
struct Code {
    bytes32 hash;
    uint40 since;
    string uri;
}

/// Signed by somebody who joins, or by a member when the code has changed. Verifying contract: Membership.
struct AcceptCode {
    address member;
    bytes32 codeHash;
    uint256 nonce;
    uint40 deadline;
}

bytes32 constant ACCEPT_CODE_TYPEHASH =
    keccak256("AcceptCode(address member,bytes32 codeHash,uint256 nonce,uint40 deadline)");

function hashAcceptCode(AcceptCode memory a) pure returns (bytes32) {
    return keccak256(abi.encode(ACCEPT_CODE_TYPEHASH, a.member, a.codeHash, a.nonce, a.deadline));
}
