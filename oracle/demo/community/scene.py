"""What every scene has at hand: the chain, people's wallets, time that can be skipped, and the claims."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform
from oracle.chain.node import LocalNode
from oracle.chain.node_errors import typed_errors
from oracle.demo.claims import Claims
from oracle.demo.stage import Stage
from oracle.deployment.protocol import Deployment
from oracle.parties import accounts
from oracle.parties.currencies import Currency
from oracle.parties.governing import Ballot, CallTo, Proposal, call_to, execute, proposal_of, propose, queue, vote
from oracle.parties.keystore import local_account
from oracle.parties.wallet import Done, Wallet
from oracle.types import Address, BaseUnits

from oracle.demo.community.cast import VOTERS, Role  # isort: skip

HOUR = 3_600
DAY = 86_400
EUR = 1_000_000


@dataclass
class World:
    node: LocalNode
    client: ChainClient
    deployment: Deployment
    platform: Platform
    currency: Currency
    stage: Stage
    claims: Claims
    figures: dict[str, Any] = field(default_factory=dict)
    _wallets: dict[int, Wallet] = field(default_factory=dict)

    def wallet(self, who: int) -> Wallet:
        if who not in self._wallets:
            self._wallets[who] = Wallet(self.client, self.platform, local_account(who))
        return self._wallets[who]

    def address(self, who: int) -> Address:
        return self.wallet(who).address

    def balance(self, who: int) -> int:
        return accounts.prepaid(self.client, self.platform, self.address(who), self.currency)

    def say(self, text: str) -> None:
        self.stage.say(text)

    @property
    def now(self) -> int:
        return self.client.block(self.client.head()).time

    def wait(self, days: float) -> None:
        with typed_errors("evm_increaseTime"):
            provider = self.client.web3.provider
            provider.make_request("evm_increaseTime", [int(days * DAY)])  # type: ignore[arg-type]
            provider.make_request("evm_mine", [])  # type: ignore[arg-type]

    def fund(self, who: int, amount: int) -> None:
        accounts.mint_play_money(self.wallet(who), self.currency, BaseUnits(amount))
        accounts.deposit(self.wallet(who), self.currency, BaseUnits(amount))

    # Deciding

    def call(self, what: str, *values: object) -> CallTo:
        return call_to(self.platform, what, [str(value) for value in values], lambda text: Address(text))

    def proposed(self, one: CallTo, because: str) -> Proposal:
        number, _ = propose(self.wallet(Role.MAKER), [one], because)
        return self.again(number)

    def voted(self, found: Proposal, ballots: Mapping[Role, Ballot] | None = None) -> Proposal:
        """Two days until the vote, the votes, seven days to its end."""
        self.wait(2.01)
        for who, ballot in (ballots or dict.fromkeys(VOTERS, Ballot.FOR)).items():
            vote(self.wallet(who), found.id, ballot)
        self.wait(7.01)
        return self.again(found.id)

    def queued(self, found: Proposal) -> Proposal:
        queue(self.wallet(Role.CARRIER), found)
        return self.again(found.id)

    def executed(self, found: Proposal) -> Done:
        return execute(self.wallet(Role.CARRIER), found)

    def again(self, number: int) -> Proposal:
        return proposal_of(self.client, self.platform, number)
