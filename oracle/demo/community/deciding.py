"""What members decide and what they cannot: a dividend that passes, proposals that are refused, a member expelled."""

from oracle.demo.community import machine
from oracle.demo.community.cast import FOUNDERS, Role
from oracle.demo.community.machine import Drill
from oracle.demo.community.members import view_of
from oracle.demo.community.scene import DAY, EUR, World
from oracle.domain.hashing import keccak
from oracle.parties import governing, members, splits
from oracle.parties.governing import Ballot, CommunityView, Stage
from oracle.parties.orders import Document

USED = 60 * EUR
SHARED = 2 * EUR


def dividend(world: World, drill: Drill) -> None:
    world.stage.scene("3 · A proposal that passes: what belongs to all is shared out")
    world.fund(Role.CUSTOMER, 300 * EUR)
    machine.hire(world, drill)
    machine.use(world, drill, USED)
    splits.distribute(world.wallet(Role.CARRIER), drill.split, world.currency)
    community = USED * machine.SHARES[2] // 100
    world.claims.equal("the community's share of the fees", community, _community(world).free)
    world.claims.equal("of which decisions may take in 30 days", community // 4, _community(world).left)
    made = world.proposed(
        world.call("CommunityAccount.declareDividend", world.currency.address, SHARED), "a first dividend"
    )
    voted = world.voted(made)
    world.claims.equal("four of six vote for it", (Stage.SUCCEEDED, 4), (voted.stage, voted.votes[Ballot.FOR]))
    queued = world.queued(voted)
    early = "TimelockUnexpectedOperationState"
    world.claims.refused("executed before 30 days", early, lambda: world.executed(queued))
    world.wait(30.01)
    world.executed(queued)
    world.claims.refused("executed twice", "GovernorUnexpectedProposalState", lambda: world.executed(queued))
    voters = (*FOUNDERS, Role.ANNA)
    each = SHARED // len(voters)
    for who in voters:
        number = members.member_number(world.client, world.platform, world.address(who))
        before = world.balance(who)
        governing.claim(world.wallet(who), number, world.currency)
        world.claims.equal(f"dividend of {Role(who).name.lower()}", each, world.balance(who) - before)
    world.claims.equal("set aside and not claimed", 0, _community(world).set_aside)
    world.figures["dividend"] = {"each": str(each), "members": len(voters)}
    world.say(f"{world.currency.text(SHARED)} were shared by six; a stranger's machine earned it, by a split like any.")


def refuse(world: World) -> None:
    world.stage.scene("4 · Proposals that no majority can make")
    customer, thief = world.address(Role.CUSTOMER), world.address(Role.ANNA)
    token = int(world.currency.address, 16)
    attempts = {
        "a shorter timelock": (("Timelock.updateDelay", DAY), "Decisions_OutOfBounds"),
        "votes within an hour": (("NetworkGovernor.setVotingPeriod", 3_600), "Decisions_OutOfBounds"),
        "a customer's balance": (("PrepaidAccounts.transferFrom", customer, thief, token, EUR), "Decisions_NotListed"),
        "a title": (("AssetRegistry.transferFrom", world.address(Role.PROVIDER), thief, 1), "Decisions_NotListed"),
        "the admin role": (("Authority.grantRole", 0, thief, 0), "Decisions_NotListed"),
        "another timelock": (("NetworkGovernor.updateTimelock", thief), "Decisions_NotListed"),
        "a pause without the guardian": (("PrepaidAccounts.pause",), "Decisions_NotListed"),
        "an expulsion unheard": (("Membership.expel", thief, "0x" + 64 * "1"), "Membership_NotHeard"),
    }
    for name, (call, code) in attempts.items():
        world.claims.refused(f"proposed: {name}", code, lambda call=call: world.proposed(world.call(*call), ""))  # type: ignore[misc]
    stranger = world.wallet(Role.STRANGERS)
    harmless = world.call("NetworkGovernor.setVotingPeriod", 8 * DAY)
    world.claims.refused(
        "proposed by who has no vote", "GovernorInsufficientProposerVotes",
        lambda: governing.propose(stranger, [harmless], ""),
    )  # fmt: skip
    found = world.proposed(harmless, "for the guardian")
    voted = world.queued(world.voted(found))
    for who in (Role.GUARDIAN, Role.SECOND_GUARDIAN):
        governing.stop(world.wallet(who), voted)
    world.claims.equal("what two guardians stopped", Stage.CANCELED, world.again(voted.id).stage)
    world.say(f"{len(attempts)} proposals were refused as they were made; the guardians stopped one that waited.")


def expel(world: World, drill: Drill) -> None:
    world.stage.scene("6 · An expulsion, after a hearing, that takes no money")
    provider, maker = world.wallet(Role.PROVIDER), world.wallet(Role.MAKER)
    charge = Document(keccak(b"charge"), "ipfs://charge")
    members.open_hearing(maker, provider.address, charge)
    expulsion = world.call("Membership.expel", provider.address, "0x" + charge.hash.hex())
    world.claims.refused(
        "before 14 days of hearing", "Membership_NotHeard", lambda: world.proposed(expulsion, "charge")
    )
    members.answer_hearing(provider, Document(keccak(b"answer"), "ipfs://answer"))
    world.wait(14)
    found = world.proposed(expulsion, "charge")
    ballots = {Role.MAKER: Ballot.FOR, Role.RECYCLER: Ballot.FOR, Role.ANNA: Ballot.FOR, Role.PROVIDER: Ballot.AGAINST}
    queued = world.queued(world.voted(found, ballots))
    world.wait(30.01)
    before = world.balance(Role.PROVIDER)
    world.executed(queued)
    number = members.member_count(world.client, world.platform)
    gone = next(
        view for view in (members.member_view(world.client, world.platform, one) for one in range(1, number + 1))
        if view.holder == provider.address
    )  # fmt: skip
    world.claims.equal("the expelled: member, vote", (True, False), (gone.is_gone, gone.has_vote))
    world.claims.equal("the expelled one's money", before, world.balance(Role.PROVIDER))
    title = world.platform.assets.functions.providerOf(drill.asset)
    world.claims.equal("the expelled one's title", provider.address, world.client.call(title))
    world.claims.refused("joining again", "Membership_Barred", lambda: members.join(provider))
    world.claims.refused("offering again", "Offers_Refused", lambda: machine.offer(world, drill))
    world.claims.true("the others still vote", view_of(world, Role.ANNA).has_vote)
    world.say("Heard, answered, voted on, and out a month later: without class and vote, with title and money.")


def _community(world: World) -> CommunityView:
    return governing.community(world.client, world.platform, world.currency)
