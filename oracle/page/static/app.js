// The page: asks the public routes, follows the live stream, writes figures into the document. It changes nothing.

import { follow } from "./events.js";
import { START, leftAsSettled, remaining, stateOf, whole, withAgreement, withEvent } from "./figures.js";
import { UNKNOWN, amount, duration, entitlement, percent, polyline, shortAddress, shortAmount, shortText } from "./format.js";

const LOOK_AGAIN = 3000;
const ROUND_AGAIN = 60000;
const PERSONAL_EVERY = 1000;
const CURVE_POINTS = 240;
const TOKEN = "cise-token";
const at = (id) => document.getElementById(id);

const fragment = new URLSearchParams(location.hash.slice(1));
if (fragment.has("token")) {
  // Kept for this tab only, and out of the address bar where it could be copied along.
  sessionStorage.setItem(TOKEN, fragment.get("token"));
  history.replaceState(null, "", location.pathname + (fragment.has("asset") ? `#asset=${fragment.get("asset")}` : ""));
}

const page = {
  token: sessionStorage.getItem(TOKEN),
  currencies: {},
  asset: null,
  agreement: null,
  state: START,
  curve: [],
  stream: null,
  asked: 0,
  asking: null,
  heard: null,
};

class Refused extends Error {
  constructor(status) {
    super(`the oracle answers ${status}`);
    this.status = status;
  }
}

async function ask(path) {
  const headers = page.token ? { Authorization: `Bearer ${page.token}` } : {};
  const response = await fetch(path, { headers, cache: "no-store" });
  if (!response.ok) throw new Refused(response.status);
  return response.json();
}

function say(id, text) {
  const element = at(id);
  // Unchanged text is left alone: a screen reader would read it again.
  if (element.textContent !== text) element.textContent = text;
}

function show(id, on) {
  at(id).hidden = !on;
}

function currency(address) {
  return page.currencies[address] ?? { symbol: "units", decimals: 0 };
}

function connected(on) {
  document.body.classList.toggle("lost", !on);
  if (!on && page.heard !== null) notice(`No connection since ${page.heard.toLocaleTimeString("en-GB")}; the figures are from then.`);
  if (on) notice("");
  at("connection").className = on ? "pill live" : "pill lost";
  say("connection", on ? "live" : "not connected, trying again");
}

async function chooseAsset() {
  const { assets } = await ask("/v1/assets");
  show("empty", assets.length === 0);
  if (assets.length === 0) {
    say("subtitle", "nothing to show yet");
    return null;
  }
  const wanted = Number(fragment.get("asset"));
  const chosen = assets.find((asset) => asset.assetId === wanted) ?? assets[0];
  const choice = at("assets");
  choice.replaceChildren(...assets.map((asset) => new Option(`${asset.assetId} · ${shortText(asset.model)}`, asset.assetId)));
  choice.value = chosen.assetId;
  show("choice", assets.length > 1);
  return chosen.assetId;
}

async function lookAtAsset() {
  const asset = await ask(`/v1/assets/${page.asset}`);
  page.heard = new Date();
  const name = shortText(asset.model) || "Machine";
  document.title = `${name} · CISE`;
  say("title", name);
  say("subtitle", `asset ${asset.assetId} · ${asset.lifecycle.replaceAll("_", " ")} · provider ${shortAddress(asset.provider)}`);
  say("place", `Confirmed up to block ${asset.block}.`);
  say("open-agreements", String(asset.openAgreements));
  say("status", asset.status ? `${asset.status.state.replaceAll("_", " ")}, ${moment(asset.status.time)}` : "none reported");
  say("grade", asset.meterGrade?.replaceAll("_", " ") ?? "no meter");
  say("registered", moment(asset.registeredAt));
  drawFees(asset);
  show("machine", true);
}

function moment(unix) {
  return new Date(unix * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

function drawFees(asset) {
  show("fees", asset.split !== null);
  if (asset.split === null) return;
  const addresses = Object.keys({ ...asset.split.undistributed, ...asset.settled });
  const wholeShare = asset.split.payees.reduce((sum, payee) => sum + BigInt(payee.share), 0n);
  const list = (amounts) => addresses.map((one) => amount(amounts[one] ?? "0", currency(one))).join(", ") || UNKNOWN;
  at("payees").replaceChildren(...asset.split.payees.map((payee) => {
    const row = document.createElement("tr");
    const earned = addresses.map((one) => amount(entitlement(asset.settled[one] ?? "0", payee.share, wholeShare), currency(one)));
    for (const text of [payeeName(payee, asset), percent(payee.share, wholeShare), earned.join(", ") || UNKNOWN]) {
      row.append(Object.assign(document.createElement("td"), { textContent: text }));
    }
    const address = { textContent: shortAddress(payee.account), className: "quiet", title: payee.account };
    row.firstChild.append(Object.assign(document.createElement("span"), address));
    return row;
  }));
  say("asset-settled", list(asset.settled));
  say("undistributed", list(asset.split.undistributed));
}

/** The newest round of co-financing that names this machine. */
async function lookAtRound() {
  const { rounds } = await ask(`/v1/rounds?asset=${page.asset}`);
  show("round", rounds.length > 0);
  if (rounds.length === 0) return;
  const round = await ask(`/v1/rounds/${rounds.at(-1).roundId}`);
  const money = currency(round.currency);
  say("round-state", `Round ${round.roundId}: ${round.state.replaceAll("_", " ")}, on chain at ${moment(round.at)}.`);
  say("round-received", amount(round.received, money));
  say("round-expected", amount(round.expected, money));
  at("tranches").replaceChildren(...round.tranches.map((tranche) => {
    const row = document.createElement("tr");
    const owed = BigInt(tranche.outstanding) + BigInt(tranche.interestDue);
    const cells = [
      [`${tranche.tranche} at ${percent(tranche.rateBps, 10000)} `, `${amount(tranche.invested, money)} put in`],
      [`${amount(tranche.paid, money)} `, `${amount(owed, money)} owed`],
    ];
    for (const [textContent, below] of cells) {
      const cell = Object.assign(document.createElement("td"), { textContent });
      cell.append(Object.assign(document.createElement("span"), { textContent: below, className: "quiet" }));
      row.append(cell);
    }
    return row;
  }));
}

function payeeName(payee, asset) {
  if (payee.account === asset.provider) return "Provider ";
  return payee.account === asset.maker ? "Maker " : "";
}

async function findAgreement() {
  if (!page.token) return null;
  try {
    const { agreements } = await ask("/v1/agreements");
    const here = agreements.filter((view) => view.assetId === page.asset);
    return here.findLast((view) => !view.closed) ?? here.at(-1) ?? null;
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 401) throw error;
    sessionStorage.removeItem(TOKEN);
    page.token = null;
    notice("The sign-in has expired; public figures only.");
    return null;
  }
}

function notice(text) {
  say("notice", text);
  show("notice", text !== "");
}

async function lookAtAgreement() {
  const view = await ask(`/v1/agreements/${page.agreement.agreementId}`);
  page.agreement = view;
  page.state = withAgreement(page.state, view);
  draw();
}

function draw() {
  const { state, agreement } = page;
  const personal = agreement !== null;
  show("customer", personal);
  for (const id of ["machine-hint", "public-facts"]) show(id, !personal);
  for (const id of ["gauge", "personal-facts"]) show(id, personal);
  drawMachine(state, personal);
  if (!personal) return;
  const money = currency(agreement.currency);
  const left = remaining(state), all = whole(state);
  say("remaining", shortAmount(left, money));
  say("left-settled", amount(leftAsSettled(state), money));
  say("free", amount(state.free, money));
  say("hold", amount(state.hold, money));
  say("seen", amount(state.seen, money));
  say("settled", amount(state.settled, money));
  say("runs-out", runsOut(state));
  const share = left === null || all === 0n ? 0 : Number(left * 1000n / all) / 10;
  at("bar").firstElementChild.style.width = `${share}%`;
  at("bar").classList.toggle("low", share < 15);
  at("bar").setAttribute("aria-label", `${Math.round(share)} % of the money left`);
}

function drawMachine(state, personal) {
  const { text, mood } = personal ? stateOf(state) : { text: "", mood: "" };
  say("state", text);
  at("state").className = `state ${mood}`;
  const sample = state.sample;
  const level = sample?.level ?? 0;
  at("levels").dataset.level = level;
  at("levels").setAttribute("aria-label", personal ? `load level ${level} of 3` : "load level unknown");
  say("level", personal ? String(level) : UNKNOWN);
  say("rpm", sample ? sample.rpm.toLocaleString("en") : personal ? "0" : UNKNOWN);
  say("utilisation", sample?.utilisationPercent == null ? UNKNOWN : `${sample.utilisationPercent} %`);
  say("torque", sample ? `${(sample.torqueMillinewtonMetres / 1000).toFixed(2)} Nm` : UNKNOWN);
  say("temperature", sample ? `${(sample.temperatureMillicelsius / 1000).toFixed(1)} °C` : UNKNOWN);
  const milliseconds = state.registers?.reduce((sum, register) => sum + register, 0);
  say("runtime", milliseconds === undefined ? UNKNOWN : duration(milliseconds / 1000));
}

function runsOut(state) {
  if (state.stopReason || state.runsOutAt === null) return UNKNOWN;
  const seconds = Math.max(state.runsOutAt - Date.now() / 1000, 0);
  return `in ${duration(seconds)}, at ${new Date(state.runsOutAt * 1000).toLocaleTimeString("en-GB")}`;
}

function drawCurve() {
  const left = page.agreement === null ? null : remaining(page.state);
  if (left === null) return;
  page.curve = [...page.curve, Number(left)].slice(-CURVE_POINTS);
  at("curve").firstElementChild.setAttribute("points", polyline(page.curve, 300, 56));
}

function hear({ kind, data }) {
  page.heard = new Date();
  if (kind === "ledger") lookAtAsset().catch(lost);
  if (page.agreement === null || data.agreementId !== page.agreement.agreementId) return;
  page.state = withEvent(page.state, kind, data);
  draw();
  // Estimates come with the agreement, not with the stream; one question at a time, and not more than one a second.
  if (page.asking === null) {
    const wait = Math.max(page.asked + PERSONAL_EVERY - Date.now(), 0);
    page.asking = setTimeout(() => {
      page.asked = Date.now();
      page.asking = null;
      lookAtAgreement().catch(lost);
    }, wait);
  }
}

function lost(error) {
  if (error instanceof Refused && error.status === 401) {
    page.token = null;
    page.agreement = null;
    draw();
  }
  connected(false);
}

function listen() {
  page.stream?.abort();
  page.stream = new AbortController();
  const headers = page.token ? { Authorization: `Bearer ${page.token}` } : {};
  follow(`/v1/live?asset=${page.asset}`, headers, hear, connected, page.stream.signal);
}

async function begin() {
  try {
    page.currencies = await ask("/page/currencies.json");
    page.asset = await chooseAsset();
    if (page.asset === null) {
      connected(true);
      setTimeout(begin, LOOK_AGAIN);
      return;
    }
    await lookAtAsset();
    await lookAtRound();
    page.agreement = await findAgreement();
    if (page.agreement !== null) await lookAtAgreement();
    draw();
    listen();
  } catch (error) {
    connected(false);
    setTimeout(begin, LOOK_AGAIN);
  }
}

async function lookForAgreement() {
  if (page.asset === null || !page.token || (page.agreement !== null && !page.agreement.closed)) return;
  const found = await findAgreement();
  if (found === null || found.agreementId === page.agreement?.agreementId) return;
  page.agreement = found;
  page.state = START;
  page.curve = [];
  await lookAtAgreement();
  listen();
}

at("assets").addEventListener("change", (change) => {
  fragment.set("asset", change.target.value);
  history.replaceState(null, "", `#asset=${change.target.value}`);
  Object.assign(page, { agreement: null, state: START, curve: [] });
  begin();
});
setInterval(drawCurve, 500);
setInterval(() => {
  if (page.asset !== null) lookAtRound().catch(lost);
}, ROUND_AGAIN);
setInterval(() => {
  if (page.asset === null) return;
  lookAtAsset().catch(lost);
  lookForAgreement().catch(lost);
}, LOOK_AGAIN);
begin();
