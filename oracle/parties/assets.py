"""Machines: titles, meters, permit signers and offers."""

from dataclasses import dataclass

from web3.contract import Contract

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import Platform, Route, contract
from oracle.chain.node_errors import typed_errors
from oracle.domain.bindings import MeterBinding, PermitSigner, registers_hash, signer_bytes
from oracle.domain.forms import Signed, digest
from oracle.domain.hashing import keccak
from oracle.domain.signatures import MeterKey, SigningKey
from oracle.domain.statuses import Status
from oracle.errors import Fatal, Rejected
from oracle.parties.wallet import Done, Wallet
from oracle.types import (
    ZERO_ADDRESS,
    ZERO_BYTES32,
    Address,
    AssetId,
    Bytes32,
    SplitId,
    TariffId,
    UnixTime,
)

SOFTWARE_KEY = 1
LIFECYCLES = ("registered", "in service", "in maintenance", "returned", "retired")


@dataclass(frozen=True, slots=True)
class AssetView:
    """`meter` and `split` None: not there yet."""

    id: AssetId
    model: str
    maker: Address
    provider: Address
    lifecycle: str
    meter: Address | None
    split: SplitId | None


@dataclass(frozen=True, slots=True)
class OfferView:
    asset: AssetId
    tariff: TariffId
    exclusive: bool
    until: UnixTime


def register(wallet: Wallet, model: str, serial: str, owner: Address) -> tuple[AssetId, Done]:
    """By the maker itself. The serial number goes on chain as its hash only."""
    done = wallet.send(wallet.platform.assets.functions.register(short_text(model), keccak(serial.encode()), owner))
    return AssetId(done.integer("AssetRegistered", "asset")), done


def bind_meter(wallet: Wallet, asset: AssetId, meter: MeterKey, odometer: int = 0) -> Done:
    """The asset's first meter; the meter's key signs that it is there."""
    epoch = route_of(wallet.client, wallet.platform, asset).epoch + 1
    binding = MeterBinding(
        asset_id=asset,
        signer=signer_bytes(meter),
        curve=int(meter.curve),
        epoch=epoch,
        odometer=odometer,
        registers_hash=registers_hash(()),
        effective_at=UnixTime(0),
    )
    possession = meter.sign(digest(wallet.platform.domains.of(binding), binding))
    return wallet.send(wallet.platform.meters.functions.announceMeter(binding.values(), SOFTWARE_KEY, possession, b""))


def declare_odometer_rate(wallet: Wallet, asset: AssetId, rate_per_day: int) -> Done:
    return wallet.send(wallet.platform.meters.functions.declareOdometerRate(asset, rate_per_day))


def set_rotation_key(wallet: Wallet, asset: AssetId, key: Address) -> Done:
    """The provider's cold key, before the title ever moved."""
    no_reset = Status(asset, 0, UnixTime(0), 0, 0, 0)
    return wallet.send(wallet.platform.meters.functions.setRotationKey(asset, key, no_reset.values(), b""))


def appoint_permit_signer(wallet: Wallet, asset: AssetId, rotation: SigningKey, signer: Address) -> Done:
    """Appoints the oracle's hot key, signed by the cold one; valid at once."""
    platform = wallet.platform
    _, epoch, _ = wallet.client.call(platform.meters.functions.permitSignerOf(asset))
    form = PermitSigner(asset, signer, epoch + 1, UnixTime(0))
    signature = rotation.sign(digest(platform.domains.of(form), form))
    return wallet.send(platform.meters.functions.appointPermitSigner(form.values(), signature))


def offer(wallet: Wallet, asset: AssetId, tariff: TariffId, exclusive: bool, until: UnixTime) -> Done:
    return wallet.send(offer_book(wallet.client, wallet.platform).functions.offer(asset, tariff, exclusive, until))


def put_in_service(wallet: Wallet, asset: AssetId) -> Done:
    return set_lifecycle(wallet, asset, "in service")


def set_lifecycle(wallet: Wallet, asset: AssetId, state: str, document: Bytes32 = ZERO_BYTES32) -> Done:
    """`state`: one of LIFECYCLES but the first."""
    return wallet.send(wallet.platform.assets.functions.setLifecycle(asset, LIFECYCLES.index(state), document))


def asset_view(client: ChainClient, platform: Platform, asset: AssetId) -> AssetView:
    """Raises CallReverted where there is none."""
    maker, _, lifecycle, _, _, model, _, _, _ = client.call(platform.assets.functions.assetOf(asset))
    route = route_of(client, platform, asset)
    return AssetView(
        asset,
        model.rstrip(b"\0").decode("utf-8", "replace"),
        checksummed(maker),
        checksummed(client.call(platform.assets.functions.providerOf(asset))),
        LIFECYCLES[lifecycle],
        None if route.meter == ZERO_ADDRESS else route.meter,
        route.split or None,
    )


def asset_views(client: ChainClient, platform: Platform) -> list[AssetView]:
    count = client.call(platform.assets.functions.assetCount())
    return [asset_view(client, platform, AssetId(number)) for number in range(1, count + 1)]


def offers(client: ChainClient, platform: Platform, asset: AssetId) -> list[OfferView]:
    """What stands now: offered, not withdrawn, not past, the title not moved since."""
    book = offer_book(client, platform)
    now = client.block(client.head()).time
    epoch = client.call(platform.assets.functions.titleEpochOf(asset))
    with typed_errors("Offered"):
        events = book.events.Offered().get_logs(from_block=0, argument_filters={"asset": asset})
    wanted = sorted({(event["args"]["tariff"], event["args"]["exclusive"]) for event in events})
    found = []
    for tariff, exclusive in wanted:
        provider, until, title_epoch = client.call(book.functions.offerOf(asset, tariff, exclusive))
        if checksummed(provider) != ZERO_ADDRESS and title_epoch == epoch and until > now:
            found.append(OfferView(asset, TariffId(tariff), exclusive, UnixTime(until)))
    return found


def route_of(client: ChainClient, platform: Platform, asset: AssetId) -> Route:
    return Route.unpack(client.call(platform.assets.functions.route(asset)))


def offer_book(client: ChainClient, platform: Platform) -> Contract:
    return contract(client.web3, "IOfferBook", platform.addresses["OfferBook"])


def short_text(text: str) -> Bytes32:
    raw = text.encode()
    if not 0 < len(raw) <= 32:
        raise Rejected("text_too_long", "model", "must have 1 to 32 bytes", str(len(raw)))
    return Bytes32(raw.ljust(32, b"\0"))


def appointment(client: ChainClient, platform: Platform, asset: AssetId) -> Signed[PermitSigner] | None:
    """The present permit signer's appointment with the rotation key's signature, read back from the calldata that
    carried it: what a device needs at its set-up. None where nobody is appointed.

    Raises Fatal where it came through another contract, so that the calldata is not at hand.
    """
    events = platform.meters.events.PermitSignerAppointed()
    with typed_errors("PermitSignerAppointed"):
        found = events.get_logs(from_block=0, argument_filters={"asset": asset})
        if not found:
            return None
        sent = client.web3.eth.get_transaction(found[-1]["transactionHash"])
    remedy = "Give the device its appointment from the provider's own records."
    try:
        function, arguments = platform.meters.decode_function_input(sent["input"])
    except ValueError as error:
        raise Fatal("permit signer", f"asset {asset}: appointed through another contract", remedy) from error
    if function.fn_name != "appointPermitSigner":
        raise Fatal("permit signer", f"asset {asset}: appointed by {function.fn_name}", remedy)
    form = arguments["form"]
    signer = PermitSigner(
        AssetId(form["assetId"]), checksummed(form["signer"]), form["epoch"], UnixTime(form["validFrom"])
    )
    return Signed(signer, bytes(arguments["signature"]))


def rotation_key_of(client: ChainClient, platform: Platform, asset: AssetId) -> Address | None:
    found = checksummed(client.call(platform.meters.functions.rotationKeyOf(asset)))
    return None if found == ZERO_ADDRESS else found
