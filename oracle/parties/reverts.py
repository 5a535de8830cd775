"""A contract's refusal in words: which typed error, with which figures, and what to do about it."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from eth_abi.abi import decode
from eth_utils.abi import collapse_if_tuple, function_abi_to_4byte_selector
from web3.exceptions import MismatchedABI

from oracle.chain.client import checksummed
from oracle.chain.contracts import load_artefact
from oracle.chain.node_errors import CallReverted
from oracle.errors import FieldOutOfBounds, Rejected

_SOURCES = (
    "PrepaidAccounts",
    "FeeSplitter",
    "AssetRegistry",
    "MeterRegistry",
    "TariffBook",
    "OfferBook",
    "UsageAgreements",
    "CreditNotes",
    "ServiceMarket",
    "ServiceTermsBook",
    "HandOvers",
    "WorkerList",
    "MicroEuro",
    "Components",
    "EndOfLife",
    "Reservations",
    "TitleSales",
    "BuybackGuarantees",
    "AvailabilityGuarantees",
    "CoFinancing",
    "TitleAuction",
    "SparePools",
    "SpareLoans",
    "SpareStock",
    "Authority",
    "EligibilityList",
    "Membership",
    "NetworkGovernor",
    "Timelock",
    "Decisions",
    "Guardian",
    "CommunityAccount",
)
_REMEDIES = {
    "ERC6909InsufficientBalance": "Deposit first: `cise account deposit`.",
    "ERC6909InsufficientAllowance": "Allow it first: `cise account allow`.",
    "ERC20InsufficientBalance": "Get tokens first; on a local chain `cise account deposit --mint` makes play money.",
    "Accounts_CurrencyNotAdmitted": "Use a currency that `cise account balance` lists.",
    "Agreements_HoldBelowTarget": "Give at least the tariff's hold target as --hold.",
    "Agreements_HoldAboveCap": "Raise --cap to at least the hold.",
    "Agreements_AssetTaken": "Wait until the present agreement has ended, or choose another machine.",
    "Agreements_NotEnded": "Wait for the end of the notice, or for the machine's final reading.",
    "Agreements_NotCustomer": "Use the customer's key (--key).",
    "Agreements_NotParty": "Use the customer's or the provider's key (--key).",
    "Agreements_Unknown": "See `cise agreement show` for the agreements there are.",
    "Offers_NotOffered": "See `cise asset list` for what is offered.",
    "Offers_Refused": "What the policy misses, `cise passport publish`, `cise asset take-back` or its keeper gives.",
    "Offers_NoMeter": "Bind a meter first: `cise asset bind-meter`.",
    "Offers_NotProvider": "Use the key of the title's owner (--key).",
    "Offers_CurrencyNotListed": "Set a split that lists the tariff's currency: `cise split create --asset`.",
    "Assets_AlreadyRegistered": "Choose another serial number; this machine has a title already.",
    "Assets_NotTitleOwner": "Use the key of the title's owner (--key).",
    "Meters_NotTitleOwner": "Use the key of the title's owner (--key).",
    "Meters_KeyInUse": "Make a new meter key: `cise keys new`.",
    "EnforcedPause": "New obligations are paused by the guardian; every exit stays open.",
    "Market_MayNotOpen": "As a customer name your agreement (--agreement); else use the provider's or a watcher's key.",
    "Market_AgreementHasOrder": "Wait until that order has ended: `cise market show`.",
    "Market_AgreementMismatch": "Name your own open agreement on this machine.",
    "Market_RuleNotAllowed": "Leave out --by-rule: only provider and watchers ask for it.",
    "Market_CeilingAboveRule": "Lower --ceiling to the terms' rule ceiling.",
    "Market_BiddingTooShort": "Give bidders longer: --bidding-hours.",
    "Market_BiddingOpen": "Wait until bidding has closed.",
    "Market_BiddingClosed": "Too late for this order; see `cise market list` for others.",
    "Market_BidsLapsed": "Open the order again: `cise market end`, then `cise market order`.",
    "Market_PriceOutOfRange": "Bid more than nothing and at most the order's ceiling.",
    "Market_BidNotLower": "A bid can only be lowered.",
    "Market_Ineligible": "The list of workers decides who may bid for which work; ask its keeper.",
    "Market_OwnOrder": "Nobody bids on their own order under these terms.",
    "Market_ByRuleOnly": "Leave out --worker: the rule takes the lowest bid once bidding has closed.",
    "Market_NotByRule": "The provider chooses: --worker.",
    "Market_ReserveShort": "Pay into the machine's service reserve: `cise market reserve fund`.",
    "Market_LienholderDecides": "While a lien stands its holder decides (--key).",
    "Market_NotReturned": "The machine has not come back yet: `cise hand-over show`.",
    "Market_CoreAlreadyPaid": "It is paid once: `cise hand-over show`.",
    "Market_BudgetUsedUp": "The rule's budget is used up for this period; the provider may order by hand.",
    "Market_NotProvider": "Use the key of the title's owner (--key).",
    "Market_NotWorker": "Use the key of the worker whose bid was accepted (--key).",
    "Market_NotParty": "Use the provider's key, or that of the customer who ordered (--key).",
    "Market_NotArbiter": "Only the arbiters that the order's terms name rule, and none who is a party.",
    "Market_BidsStand": "Bids still stand: accept one, or wait until the time in the answer has passed.",
    "Market_TooEarly": "Wait until the time in the answer has passed.",
    "Market_ZeroDocument": "Name a paper: --document FILE.",
    "Market_StatusRefused": "Show a status that this machine's meter signed as up after the work: --status FILE.",
    "Market_UnknownOrder": "See `cise market list` for the orders there are.",
    "Terms_NotChosen": "The provider chooses terms first: `cise market terms choose`.",
    "Terms_NotProvider": "Use the key of the title's owner (--key).",
    "Sales_NotOnOffer": "Never made, withdrawn, replaced or sold; `cise title show ASSET` says what stands.",
    "Sales_NotTitleOwner": "Use the key of the title's owner (--key).",
    "Sales_SplitStays": "Its fees stay where they go: name that split with --split, if you agree to it.",
    "Sales_OtherSplit": "A split goes with this machine: leave --split out, or name that one.",
    "Sales_ZeroPrice": "Ask a price above zero.",
    "Sales_InPast": "Let the offer stand until a time to come.",
    "Sales_TooLate": "The offer has run out; its owner may offer the title anew.",
    "Sales_CurrencyNotAdmitted": "Use a currency that `cise account balance` lists.",
    "Sales_UnknownSplit": "Name a split that there is: `cise split create` makes one.",
    "Sales_NotBuyer": "It was offered to another account; use that one's key (--key).",
    "Sales_OwnOffer": "Nobody buys from themselves: use another account's key (--key).",
    "Sales_Paused": "New sales are paused by the guardian; an offer can still be withdrawn.",
    "Buyback_NotHolder": "Use the key of the title's owner (--key).",
    "Buyback_NothingGuaranteed": "Nobody guarantees this machine, or its owner has chosen no guarantee.",
    "Buyback_CollateralTooLow": "Put up more: --collateral; the second figure is the least.",
    "Buyback_GuarantorOwes": "Top up or pay what is owed first: `cise guarantee top-up`, `cise guarantee pay`.",
    "Buyback_CollateralShort": "Take less (--least 0 and a claim for the rest), or wait: `cise guarantee demand`.",
    "Buyback_TooEarly": "Wait for the window; `cise guarantee show` says when it opens.",
    "Buyback_WearUnbounded": "Show a signed status: --status FILE.",
    "Buyback_StatusTooOld": "Show a status that the meter signed within the last seven days.",
    "Buyback_StatusForged": "Show a status signed by the machine's present meter.",
    "Buyback_StatusOfOther": "Show a status of the machine that is guaranteed.",
    "Buyback_StatusAhead": "The meter's clock is ahead: wait, or let it sign anew.",
    "Buyback_OdometerFell": "The chain knows a higher odometer: let the meter sign anew.",
    "Buyback_GradeTooLow": "The guarantee asks for a more trusted meter.",
    "Buyback_TooLate": "Its window has closed; what is left of the collateral is the guarantor's.",
    "Buyback_StillOpen": "Wait until the time in the answer has passed.",
    "Buyback_Unknown": "See `cise guarantee show` for the guarantees there are.",
    "Buyback_NotLive": "It was exercised, waived, or has run out: `cise guarantee show`.",
    "Buyback_AssetRetired": "A retired machine is not guaranteed any more.",
    "Buyback_CurrencyNotAdmitted": "Use a currency that `cise account balance` lists.",
    "Buyback_OutOfRange": "Change that figure: it must lie between least and most.",
    "Buyback_PointsNotFalling": "Let ages rise from point to point, and prices not.",
    "Buyback_NotGuarantor": "Use the guarantor's key (--key).",
    "Buyback_OwnGuarantee": "A guarantor that owns the machine has nobody to buy it from.",
    "Buyback_Worthless": "At its age and wear the guaranteed price is nothing.",
    "Buyback_NotShort": "Its collateral reaches: `cise guarantee exercise`.",
    "Buyback_AlreadyDemanded": "It waits for collateral already: `cise guarantee show`.",
    "Buyback_SplitStays": "Point its fees at a split of your own first; who controls the present one consents.",
    "Buyback_OrderUnfinished": "An old order on the machine is unfinished: `cise market show`.",
    "Buyback_OrderTooYoung": "Orders from the last 30 days before the window do not count against the holder.",
    "Buyback_OrderEnded": "That order has ended: it is in nobody's way.",
    "Buyback_NotOfAsset": "Name an order on the machine that is guaranteed.",
    "Buyback_NotServiced": "Only paid maintenance, repair, upgrade or refurbishment counts.",
    "Buyback_OutsideIntervals": "Services count from the guarantee's beginning, where it asks for any.",
    "Buyback_ZeroAmount": "Give an amount above zero.",
    "Buyback_MoreThanOwed": "Pay at most what is owed: `cise guarantee show`.",
    "Buyback_Paused": "New guarantees are paused by the guardian; every exit stays open.",
    "Uptime_TooEarly": "Wait until the time in the answer has passed.",
    "Uptime_NotSettled": "Settle the period first: `cise guarantee uptime settle`.",
    "Uptime_NothingToClaim": "Nothing was charged in that period, nobody took a checkpoint, or it is claimed.",
    "Uptime_Unknown": "See `cise guarantee uptime show` for the promises there are.",
    "Uptime_AssetRetired": "A retired machine's uptime is not promised any more.",
    "Uptime_CurrencyNotAdmitted": "Use a currency that `cise account balance` lists.",
    "Uptime_OutOfRange": "Change that figure: it must lie between least and most.",
    "Uptime_NotGuarantor": "Use the guarantor's key (--key).",
    "Uptime_NoSuchPeriod": "The promise has no such period: `cise guarantee uptime show`.",
    "Uptime_TooLate": "The period's grace time is over.",
    "Uptime_NotAhead": "Maintenance is announced before its slot begins.",
    "Uptime_TooMuchMaintenance": "The terms allow fewer slots of maintenance in a period.",
    "Uptime_StatusOfOther": "Show statuses of the machine whose uptime is promised.",
    "Uptime_StatusForged": "Show statuses signed by the machine's present meter.",
    "Uptime_StatusAhead": "The meter's clock is ahead: wait, or let it sign anew.",
    "Uptime_StatusOutside": "That status is from outside the promised periods.",
    "Uptime_StateDoesNotCount": "Only up and down count.",
    "Uptime_LengthsDiffer": "Give a signature for each status.",
    "Uptime_AgreementOfOther": "Name an agreement on the machine whose uptime is promised.",
    "Uptime_OwnAgreement": "The guarantor has no credits from itself.",
    "Uptime_CurrencyDiffers": "The agreement is in another currency than the promise.",
    "Uptime_NotYetOpened": "The agreement was opened after that period.",
    "Uptime_AlreadyCheckpointed": "Its charges of that period are noted already.",
    "Uptime_BondBound": "The bond is the guarantor's once every period is settled.",
    "Uptime_ZeroAmount": "Give an amount above zero.",
    "Uptime_Paused": "New promises are paused by the guardian; credits stay open.",
    "Financing_UnknownRound": "See `cise round list` for the rounds there are.",
    "Financing_UnknownTranche": "Tranches count from 0, senior first: `cise round show`.",
    "Financing_NotProvider": "Use the key of who opened the round (--key).",
    "Financing_NotTitleOwner": "Use the key of the title's owner (--key).",
    "Financing_OutOfRange": "Change that member of the terms file: it must lie between least and most.",
    "Financing_TooEarly": "Wait until the time in the answer has passed.",
    "Financing_TooLate": "Its time has passed; `cise round show` says what is still possible.",
    "Financing_Full": "Invest in another tranche: `cise round show`.",
    "Financing_CutBelow": "Lower --least, or invest in another tranche: `cise round show`.",
    "Financing_InvestmentTooSmall": "Invest at least what the terms ask.",
    "Financing_TooLittleRaised": "It can start only with its minimum; after the deadline `cise round fail` ends it.",
    "Financing_AssetNotReady": "The owner points fees at the round's split and places the lien: `cise round prepare`.",
    "Financing_NothingToPay": "Nothing is owed, or all was paid already: `cise round show --holder`.",
    "Financing_NoBuyOutPrice": "Its residual holders have no cap: repay what is owed instead, `cise round repay`.",
    "Financing_PriceTooHigh": "Raise --most, or leave it out.",
    "Financing_PositionLocked": "It has voted: wait until the ballot is decided, `cise round decide`.",
    "Financing_NoPosition": "Use the key of who holds a position there: `cise round show --holder`.",
    "Financing_BallotOpen": "One question at a time: wait until it is decided, `cise round decide`.",
    "Financing_NoBallot": "No ballot is open: `cise round show`.",
    "Financing_NotDecided": "The holders decide first: `cise round vote`, then `cise round decide`.",
    "Financing_NoAuction": "Start one first: `cise auction start`.",
    "Financing_AssetNotForSale": "It is sold, is being auctioned, or is not this round's: `cise round show`.",
    "Financing_GuaranteeUnfit": "Name one of that machine, in the round's currency, that outlasts a default.",
    "Financing_WrongState": "Not in this state of the round: `cise round show`.",
    "Financing_AssetInRound": "It is in a running round: `cise round show`.",
    "Financing_ConsentNeeded": "The round's holders consent first: `cise round propose`.",
    "Financing_CurrencyNotAdmitted": "Use a currency that `cise account balance` lists.",
    "Financing_MonthlyLimit": "The round's orders have used up these 30 days; the second figure is what is left.",
    "Financing_NotPlatform": "Only that contract of the platform calls this.",
    "Financing_Paused": "New investments are paused by the guardian; every exit stays open.",
    "Auction_BidTooLow": "Bid at least what the answer says.",
    "Auction_Over": "Its time is over: `cise auction settle` completes it.",
    "Auction_StillOpen": "Wait until the time in the answer has passed.",
    "Auction_Unknown": "See `cise auction list` for the auctions there are.",
    "Auction_NotSeller": "Only the contract that sells calls this: `cise auction start`.",
    "Forms_SignatureInvalid": "Let both hands sign what the file says now: `cise hand-over sign`.",
    "Forms_Expired": "Write it anew with a later time: `cise hand-over write --hours`.",
    "HandOvers_Refused": "First the worker takes it, without a grade; then the worker gives it back, with one.",
    "Components_ReasonMissing": "Decide first what becomes of the machine: `cise next-use decide`.",
    "Components_StepConsentMissing": "Whom it names consents first, to the same: `--consent` with their key.",
    "Components_NoSuchStep": "Name the decision that stands: `cise next-use show`.",
    "Assets_UnderLien": "The lienholder consents first (`--consent`), or leaves the part out: `cise parts exclude`.",
    "Assets_NotDecided": "Decide first: `cise next-use decide`; who is to take the machine accepts it.",
    "Assets_IsPart": "Take it out first: `cise parts detach`.",
    "Assets_OpenAgreements": "End and close the agreements on it first: `cise agreement end`.",
    "EndOfLife_NotTitleOwner": "Use the key of the title's owner (--key).",
    "EndOfLife_NotTaker": "See who is to take it: `cise next-use show`.",
    "EndOfLife_NotRecovery": "Decide on harvest, recycle or dispose first.",
    "EndOfLife_OpenAgreements": "End and close the agreements on it first: `cise agreement end`.",
    "EndOfLife_UnderLien": "The lien is released first.",
    "EndOfLife_IsPart": "Take it out first: `cise parts detach`.",
    "EndOfLife_NotMaker": "Only who registered the machine as its maker promises this.",
    "Reservations_Taken": "Choose other slots: `cise booking list --asset`.",
    "Reservations_NoRules": "Its provider sets rules first: `cise booking rules`.",
    "Reservations_OffSlot": "Begin and end where the rules' slots do.",
    "Reservations_NotCustomer": "Use the key of who booked (--key).",
    "Reservations_NotProvider": "Use the key of the title's owner (--key).",
    "Reservations_TooEarly": "Wait until the time in the answer has passed.",
    "Reservations_Unknown": "See `cise booking list` for the bookings there are.",
    "Reservations_Refused": "It lacks a passport (`cise passport publish`) or a take-back (`cise asset take-back`).",
    "Pools_OtherRules": "Read the pool's rules first: `cise pool show`.",
    "Pools_NotVouched": "A member vouches first: `cise pool vouch`.",
    "Pools_NotTitleOwner": "Use the key of the title's owner (--key).",
    "Pools_AlreadyCovered": "One machine, one membership; see `cise pool show`.",
    "Pools_NotMember": "Use the key of the membership's account (--key).",
    "Pools_HasClaim": "End the claim or loan first: `cise pool withdraw`, `cise pool return`.",
    "Pools_InArrears": "Pay the dues first: `cise pool pay-in`.",
    "Pools_NotInArrears": "It stays a member until its arrears exceed its deposit.",
    "Pools_DepositShort": "Fill the deposit up first: `cise pool deposit`.",
    "Pools_CreditShort": "Pay in first: `cise pool pay-in`.",
    "Pools_CashShort": "The pool's cash does not reach: dues and prices fill it; a lower price may be offered.",
    "Pools_StillWaiting": "The machine is covered from the time in the answer.",
    "Pools_Unknown": "See `cise pool show` for the pools there are.",
    "Pools_Closed": "Its last member has left: join another pool.",
    "Pools_UnknownMember": "See `cise pool show` for its members.",
    "Pools_HasLeft": "That membership has ended: join anew.",
    "Pools_OutOfRange": "The answer names the rule and its bounds.",
    "Loans_NotMember": "Use the key of the membership's account (--key).",
    "Loans_NoSpares": "Members buy spares by vote: `cise pool restock`.",
    "Loans_AlreadyClaimed": "It waits already: `cise pool claim-show`.",
    "Loans_HoldsSpare": "One spare at a time: give it back first, `cise pool return`.",
    "Loans_SameBreakdown": "One breakdown, one spare: the machine has not run since.",
    "Loans_StatusOfOther": "Show a status of the machine that your membership covers.",
    "Loans_NotDown": "Only a machine that says it is down has broken down.",
    "Loans_StatusTooOld": "Let the machine sign its status anew.",
    "Loans_StatusOutdated": "The chain knows a later status or odometer: let the machine sign anew.",
    "Loans_StatusForged": "Show what the machine's present meter has signed.",
    "Loans_GradeTooLow": "The pool asks for a more trusted meter.",
    "Loans_BrokeWhileWaiting": "It broke down before it was covered.",
    "Loans_NoUseShown": "The odometer is not above that of the breakdown.",
    "Loans_NotNext": "Another one's turn comes first: `cise pool show`.",
    "Loans_TooEarly": "Wait until the time in the answer has passed.",
    "Loans_WrongHands": "Keeper and member sign: `cise pool lend`, `bring` or `return` writes it for them.",
    "Loans_OtherAsset": "Name the unit that the claim is about: `cise pool claim-show`.",
    "Loans_NotArrived": "Bring the defective unit first: `cise pool bring`.",
    "Loans_UnknownClaim": "Nobody waits, or there is no such claim: `cise pool show`.",
    "Loans_WrongStage": "See where it stands: `cise pool claim-show`.",
    "Loans_NotOwnMachine": "The machine's title is not the member's any more.",
    "Loans_StatusAhead": "The meter's clock is ahead of the chain's: let it sign anew.",
    "Loans_TooLate": "The time in the answer has passed: give the spare back or buy it.",
    "Loans_NoGrade": "Who takes a spare back grades it.",
    "Loans_AlreadyArrived": "The defective unit is there: nothing is lost any more.",
    "Loans_AlreadyForfeited": "The deposit is lost once only.",
    "Loans_UseAlreadyShown": "The claim fee is lost once only.",
    "Stock_NotTitleOwner": "Use the key of the title's owner (--key).",
    "Stock_NotMember": "Use the key of the membership's account (--key).",
    "Stock_NotKeeper": "Only the pool's keeper does this; members may vote for another: `cise pool keeper`.",
    "Stock_UnderLien": "The lien is released first.",
    "Stock_NoneOnShelf": "Every spare is out, or kept for who was called: `cise pool show`.",
    "Stock_NotRepaired": "The order is not paid yet; the keeper may shelve delivered work.",
    "Stock_OrderRuns": "Wait until that order has ended: `cise market show`.",
    "Stock_NotCarried": "More than half of all memberships say yes first: `cise pool vote`.",
    "Stock_MayNotVote": "Who joined after the proposal has no vote on it; nobody has two.",
    "Stock_ModelNotServed": "The pool serves other models, or the maker has not registered this machine itself.",
    "Stock_OutOfRange": "The answer names the rule and its bounds.",
    "Stock_ServiceTermsUnfit": "Publish service terms in the pool's currency first.",
    "Stock_AssetRetired": "A retired machine is no spare.",
    "Stock_InUse": "The machine's agreements end first.",
    "Stock_OrdersOpen": "The orders on the machine end first: `cise market show`.",
    "Stock_NotInPool": "That unit is of another pool or model: `cise pool show`.",
    "Stock_WrongPlace": "See where the unit is: `cise pool show`.",
    "Stock_UnknownProposal": "See `cise pool show` for what is proposed.",
    "Stock_VoteEnded": "Propose it anew.",
    "Stock_NotClosed": "Only what the last member has left is inherited.",
    "AccessManagedUnauthorized": "Only who holds the role may (`cise governance roles`), or members propose it.",
    "Membership_NotMember": "Join first: `cise governance join`.",
    "Membership_OtherCode": "Read and accept the present code: `cise governance code`.",
    "Membership_CodeNotAccepted": "Accept the present code first: `cise governance accept-code`.",
    "Membership_NoVote": "Two voting members vouch (`cise governance vouch`), then 30 days pass.",
    "Membership_NotVouchedFor": "Two who still vote must have vouched 30 days ago: `cise governance show`.",
    "Membership_NeedsVote": "Somebody objected: propose it, `cise governance propose Membership.giveClass`.",
    "Membership_NotHeard": "Open a hearing (`cise governance hearing`) and wait 14 days.",
    "Decisions_NotListed": "Only what `cise governance list` shows can be decided.",
    "Decisions_OutOfBounds": "Stay within the bounds that `cise governance list` shows.",
    "GovernorInsufficientProposerVotes": "Only members with a vote propose: `cise governance show`.",
    "GovernorUnexpectedProposalState": "See where it stands: `cise governance proposal`.",
    "TimelockUnexpectedOperationState": "It waits in the timelock: `cise governance proposal` says until when.",
    "Guardian_PauseTooSoon": "Two pauses in 365 days, 30 days free between; the figure is the first possible moment.",
    "Community_TooMuch": "A quarter in 30 days: the second figure is what is left.",
    "Tariffs_Unknown": "See `cise asset list` for tariffs in use.",
}


_CALLED = re.compile(r"named `(\w+)`")
_NOT_HELD = re.compile(r"Argument (\d+) value `(.*?)` is not compatible with type `(.*?)`")


class Refused(Rejected):
    """A contract says no. `code` is the name of its typed error."""

    def __init__(self, code: str, who: str, what: str, how_much: str, remedy: str | None) -> None:
        self.remedy = remedy
        super().__init__(code, who, what, how_much)


def explain(error: CallReverted, who: str) -> Refused:
    """The typed error behind a revert, with its arguments by name. `who`: what was called."""
    # The message of CallReverted is shortened; its cause has the whole data.
    data = str(getattr(error.__cause__, "data", None) or error.how_much)
    if not data.startswith("0x"):
        return Refused("call_reverted", who, error.what, data, None)
    shape = _shapes().get(data[:10].lower())
    if shape is None:
        return Refused("call_reverted", who, "the contract refuses without a known reason", data[:74], None)
    name: str = shape["name"]
    types = [collapse_if_tuple(cast(Any, item)) for item in shape["inputs"]]
    values = decode(types, bytes.fromhex(data[10:]))
    figures = ", ".join(
        f"{item['name'] or item['type']} {_plain(item['type'], value)}"
        for item, value in zip(shape["inputs"], values, strict=True)
    )
    return Refused(name, who, f"refused with {name}", figures, _REMEDIES.get(name))


def too_wide(error: MismatchedABI) -> FieldOutOfBounds:
    """A number that no field of the contract can hold never reaches it: web3 refuses it, in many words."""
    text = str(error)
    called = _CALLED.search(text)
    found = _NOT_HELD.search(text)
    who = "contract" if called is None else called[1]
    if found is None:
        return FieldOutOfBounds(who, "does not take these values")
    return FieldOutOfBounds(who, f"value {found[1]} must fit {found[3]}", found[2][:80])


def _plain(kind: str, value: Any) -> str:
    if kind == "address":
        return checksummed(value)
    if isinstance(value, bytes):
        text = value.rstrip(b"\0")
        return text.decode() if text and text.isascii() and text.decode().isprintable() else "0x" + value.hex()
    return str(value)


@cache
def _shapes() -> Mapping[str, Mapping[str, Any]]:
    return {
        "0x" + function_abi_to_4byte_selector(cast(Any, {**item, "type": "function"})).hex(): item
        for name in _SOURCES
        for item in load_artefact(name)["abi"]
        if item["type"] == "error"
    }
