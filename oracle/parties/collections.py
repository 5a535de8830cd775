"""The way back of a collected machine: hand-overs that both hands sign, and what its core is worth."""

from dataclasses import dataclass

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import Platform
from oracle.domain.hand_overs import CoreGrade, HandOver, HandOverPaper
from oracle.parties.wallet import Done, Wallet, fresh_nonce
from oracle.types import ZERO_ADDRESS, Address, BaseUnits, Bytes32, OrderId, ServiceTermsId, UnixTime


@dataclass(frozen=True, slots=True)
class Collection:
    """`giver` None: nobody has handed the machine over yet. `grade` NONE: not returned yet."""

    giver: Address | None
    grade: CoreGrade
    is_core_paid: bool


def draft(
    order: OrderId, giver: Address, taker: Address, grade: CoreGrade, condition: Bytes32, deadline: UnixTime
) -> HandOverPaper:
    """With fresh nonces, to be signed by both."""
    form = HandOver(order, giver, taker, int(grade), condition, fresh_nonce(), fresh_nonce(), deadline)
    return HandOverPaper(form)


def sign(wallet: Wallet, paper: HandOverPaper) -> HandOverPaper:
    return paper.signed_by(wallet.address, wallet.sign(paper.form), wallet.platform.domains)


def submit(wallet: Wallet, paper: HandOverPaper) -> Done:
    """Anyone carries it; where the machine returns to somebody else than the provider, the provider does."""
    paper.require_whole()
    hand_over = wallet.platform.hand_overs.functions.handOver
    return wallet.send(hand_over(paper.form.values(), paper.giver_signature, paper.taker_signature))


def pay_core(wallet: Wallet, order: OrderId) -> tuple[BaseUnits, Done]:
    """Anyone, once: from the machine's reserve to who gave it."""
    done = wallet.send(wallet.platform.market.functions.payCore(order))
    return BaseUnits(done.integer("CorePaid", "amount")), done


def collection_of(client: ChainClient, platform: Platform, order: OrderId) -> Collection:
    giver, grade = client.call(platform.hand_overs.functions.collectionOf(order))
    found = checksummed(giver)
    paid = bool(client.call(platform.market.functions.isCorePaid(order)))
    return Collection(None if found == ZERO_ADDRESS else found, CoreGrade(grade), paid)


def core_price(client: ChainClient, platform: Platform, terms: ServiceTermsId, grade: CoreGrade) -> BaseUnits:
    return BaseUnits(client.call(platform.service_terms.functions.corePriceOf(terms, int(grade))))
