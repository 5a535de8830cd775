// Pure functions: figures as people read them. Amounts are BigInt base units, never floating point.

export const UNKNOWN = "–";

/** "1,234.567890 EUR": all decimals, so that no unit is hidden. */
export function amount(units, currency) {
  if (units === null || units === undefined) return UNKNOWN;
  const value = BigInt(units);
  const sign = value < 0n ? "−" : "";
  const scale = 10n ** BigInt(currency.decimals);
  const whole = (value < 0n ? -value : value);
  const grouped = String(whole / scale).replace(/\B(?=(\d{3})+$)/g, ",");
  const fraction = currency.decimals ? "." + String(whole % scale).padStart(currency.decimals, "0") : "";
  return `${sign}${grouped}${fraction}\u00a0${currency.symbol}`;
}

/** Two decimals and rounded down, for the one figure in large print; the exact ones stand below it. */
export function shortAmount(units, currency) {
  if (units === null || units === undefined) return UNKNOWN;
  const cents = BigInt(units) * 100n / 10n ** BigInt(currency.decimals);
  return `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}\u00a0${currency.symbol}`;
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return UNKNOWN;
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor(seconds % 86400 / 3600);
  const minutes = Math.floor(seconds % 3600 / 60);
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  if (minutes > 0) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds)} s`;
}

/** What a cumulative total gives a payee: floor(total × share ÷ whole), as the contract shares it. */
export function entitlement(total, share, whole) {
  return BigInt(total) * BigInt(share) / BigInt(whole);
}

export function percent(share, whole) {
  const hundredths = BigInt(share) * 10000n / BigInt(whole);
  const rest = hundredths % 100n;
  return `${hundredths / 100n}${rest ? "." + String(rest).padStart(2, "0").replace(/0$/, "") : ""} %`;
}

export function shortAddress(address) {
  return `${address.slice(0, 8)}…${address.slice(-6)}`;
}

/** bytes32 that holds a short text. */
export function shortText(hex) {
  const bytes = (hex.slice(2).match(/../g) ?? []).map((pair) => parseInt(pair, 16)).filter((byte) => byte > 0);
  return new TextDecoder().decode(new Uint8Array(bytes));
}

/** Points of a polyline in a box; one value draws a level line. */
export function polyline(values, width, height) {
  if (values.length === 0) return "";
  const most = Math.max(...values, 1);
  const step = values.length > 1 ? width / (values.length - 1) : width;
  const points = values.length > 1 ? values : [values[0], values[0]];
  return points.map((value, at) => `${(at * step).toFixed(1)},${(height - 2 - value / most * (height - 4)).toFixed(1)}`).join(" ");
}
