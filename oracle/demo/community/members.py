"""Founding and joining: who has power on the first day, and how somebody comes to a vote and to a class."""

from oracle.demo.community import machine
from oracle.demo.community.cast import FOUNDERS, STRANGERS, Role
from oracle.demo.community.machine import Drill
from oracle.demo.community.scene import World
from oracle.deployment.decisions import DECISIONS
from oracle.deployment.inspect import AUTHORITY, role_members, wrong_function_roles
from oracle.domain.membership import MemberClass
from oracle.parties import members
from oracle.parties.members import MemberView

LOG_CHUNK = 10_000


def found(world: World) -> None:
    world.stage.scene("1 · Founded, and the founders' helper keeps nothing")
    addresses = world.platform.addresses
    held = {
        one.role: {name for name, address in addresses.items() if address in one.accounts} or set(one.accounts)
        for one in role_members(world.client, addresses[AUTHORITY], 0, LOG_CHUNK)
    }
    timelock, guardian = {"Timelock"}, {"Guardian"}
    expected = {"admin": timelock, "guardian": guardian, "listing": timelock, "decisions": timelock}
    world.claims.equal("who holds a role", expected, held)
    world.claims.equal("functions that another role reaches", [], wrong_function_roles(world.client, addresses))
    views = [view_of(world, who) for who in FOUNDERS]
    world.claims.true("each founder has one vote", all(view.has_vote for view in views))
    code = members.code_of_conduct(world.client, world.platform)
    world.claims.equal("the code of conduct they founded under", 1, code.version)
    world.say(f"Five founders, one vote each. {len(DECISIONS)} things may be decided; no person holds a role.")


def join(world: World) -> Drill:
    world.stage.scene("2 · Joining: everybody may, and a vote takes two who vouch and a month")
    anna, carrier = world.wallet(Role.ANNA), world.wallet(Role.CARRIER)
    paper = members.sign_code(anna)
    members.carry(carrier, paper)
    world.claims.refused("the same signature again", "Forms_NonceUsed", lambda: members.carry(carrier, paper))
    world.claims.refused("a second membership", "Membership_AlreadyMember", lambda: members.join(anna))
    for who in (Role.CUSTOMER, *range(Role.STRANGERS, Role.STRANGERS + STRANGERS)):
        members.join(world.wallet(who))
    joined = members.member_count(world.client, world.platform)
    voting = [number for number in range(1, joined + 1) if _by_number(world, number).has_vote]
    world.claims.equal("members, and of them with a vote", (len(FOUNDERS) + 2 + STRANGERS, 5), (joined, len(voting)))
    number = members.member_number(world.client, world.platform, anna.address)
    world.claims.refused(
        "a membership sold", "Membership_Soulbound",
        lambda: anna.send(members.token_of(anna).functions.transferFrom(anna.address, carrier.address, number)),
    )  # fmt: skip
    for who in FOUNDERS[:2]:
        members.vouch(world.wallet(who), anna.address)
    begin = members.begin_vote
    world.claims.refused("a vote at once", "Membership_NotVouchedFor", lambda: begin(carrier, anna.address))
    drill = _class(world)
    world.wait(30)
    begin(carrier, anna.address)
    world.claims.true("Anna has a vote after 30 days", view_of(world, Role.ANNA).has_vote)
    world.say("Anna joined by a signature, six strangers by themselves; after a month Anna votes, and they do not.")
    return drill


def _class(world: World) -> Drill:
    """The second provider of the founders gives the class back and comes to it again as anybody else would."""
    provider = world.wallet(Role.PROVIDER)
    drill = machine.build(world)
    members.end_class(provider, MemberClass.PROVIDER)
    world.claims.refused("a machine offered by no provider", "Offers_Refused", lambda: machine.offer(world, drill))
    members.request_class(provider, MemberClass.PROVIDER)
    for who in (Role.MAKER, Role.RECYCLER):
        members.sponsor(world.wallet(who), provider.address, MemberClass.PROVIDER)
    take = members.take_class
    world.claims.refused(
        "a class while it may be objected to", "Membership_ObjectionPeriodRuns",
        lambda: take(provider, provider.address, MemberClass.PROVIDER),
    )  # fmt: skip
    world.wait(7)
    take(provider, provider.address, MemberClass.PROVIDER)
    world.claims.refused(
        "a recycler without a certificate", "Membership_NoCertificate",
        lambda: members.request_class(world.wallet(Role.ANNA), MemberClass.RECYCLER),
    )  # fmt: skip
    machine.offer(world, drill)
    world.say("Two sponsors, seven days, no objection: the drill's owner is a provider and offers it.")
    return drill


def view_of(world: World, who: int) -> MemberView:
    number = members.member_number(world.client, world.platform, world.address(who))
    return _by_number(world, number)


def _by_number(world: World, number: int) -> MemberView:
    return members.member_view(world.client, world.platform, number)
