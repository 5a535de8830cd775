"""What the holders of a round decide: who may sign permits or be paid from reserves, and what follows a default."""

from dataclasses import dataclass

from web3.contract import Contract
from web3.contract.contract import ContractFunction

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import ROUND_BALLOTS, Platform
from oracle.parties.module_calls import module, told
from oracle.parties.wallet import Done, Wallet
from oracle.types import Address, BaseUnits, RoundId, UnixTime

_DEFAULT = b"default".ljust(32, b"\0")


@dataclass(frozen=True, slots=True)
class BallotView:
    """`consent_to`: whom yes lets sign permits and be paid from reserves; None: the question of a default, where yes is
    the buyback (an innovation: to write off) and no the auction (to go on). Weights in units of principal outstanding
    when it opened; `closes_at`: once decided, when."""

    round: RoundId
    number: int
    consent_to: Address | None
    closes_at: UnixTime
    decided: bool
    result: bool
    weight: BaseUnits
    yes: BaseUnits
    no: BaseUnits

    def is_open(self, now: UnixTime) -> bool:
        return not self.decided and now < self.closes_at

    def can_be_decided(self, now: UnixTime) -> bool:
        carried = max(self.yes, self.no) * 2 > self.weight
        return not self.decided and (carried or now >= self.closes_at)


@dataclass(frozen=True, slots=True)
class Decision:
    """Of a default: `buyback` (an innovation: write off), else auction (go on)."""

    at: UnixTime
    buyback: bool


def propose_consent(wallet: Wallet, round_id: RoundId, account: Address, tranche: int = 0) -> Done:
    """By the provider, or by a holder of that tranche, before a default."""
    return wallet.send(_ballots(wallet).functions.proposeConsent(round_id, account, tranche))


def propose_write_off(wallet: Wallet, round_id: RoundId, tranche: int) -> Done:
    """By a holder, 30 days after an innovation in default was to go on."""
    return wallet.send(_ballots(wallet).functions.proposeWriteOff(round_id, tranche))


def vote(wallet: Wallet, round_id: RoundId, tranche: int, yes: bool) -> tuple[BaseUnits, Done]:
    """With all of the caller's position in the tranche that has not voted; its weight."""
    book = _ballots(wallet)
    done = wallet.send(book.functions.vote(round_id, tranche, yes))
    return BaseUnits(told(book, done, "Voted")["weight"]), done


def decide(wallet: Wallet, round_id: RoundId) -> tuple[bool, Done]:
    """The result. Refused before its time unless more than half of all principal says the same."""
    book = _ballots(wallet)
    done = wallet.send(book.functions.decide(round_id))
    return bool(told(book, done, "BallotDecided")["result"]), done


def decide_call(client: ChainClient, platform: Platform, round_id: RoundId) -> ContractFunction:
    return module(client, platform, ROUND_BALLOTS).functions.decide(round_id)


def ballot_view(client: ChainClient, platform: Platform, round_id: RoundId) -> BallotView | None:
    """The last ballot; None: there never was one."""
    number, closes_at, decided, result, subject, weight, yes, no = client.call(
        module(client, platform, ROUND_BALLOTS).functions.ballotOf(round_id)
    )
    if number == 0:
        return None
    consent_to = None if subject == _DEFAULT else checksummed(bytes(subject)[12:])
    return BallotView(
        round_id, number, consent_to, UnixTime(closes_at), decided, result, BaseUnits(weight), BaseUnits(yes),
        BaseUnits(no),
    )  # fmt: skip


def decision(client: ChainClient, platform: Platform, round_id: RoundId) -> Decision | None:
    """About the default; None: not decided."""
    at, buyback = client.call(module(client, platform, ROUND_BALLOTS).functions.decisionOf(round_id))
    return Decision(UnixTime(at), buyback) if at else None


def is_consented(client: ChainClient, platform: Platform, round_id: RoundId, account: Address) -> bool:
    return bool(client.call(module(client, platform, ROUND_BALLOTS).functions.isConsented(round_id, account)))


def _ballots(wallet: Wallet) -> Contract:
    return module(wallet.client, wallet.platform, ROUND_BALLOTS)
