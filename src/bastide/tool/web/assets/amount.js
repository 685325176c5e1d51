// Amounts as people read them.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** 3355443 is "3.2 MiB". */
export function bytes(count) {
  let unit = 0;
  let value = count;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** How much of a budget is used, from 0 to 1; null if nobody knows. */
export function share(amount) {
  if (!amount || amount.used === null || amount.used === undefined) return null;
  return amount.quota > 0 ? Math.min(1, Math.max(0, amount.used / amount.quota)) : amount.used > 0 ? 1 : 0;
}

/** "ample", "scarce" or "short": the class of a bar. */
export function supply(part) {
  return part < 0.75 ? "ample" : part < 0.92 ? "scarce" : "short";
}

/** "1.2 MiB of 4 MiB", or what is known of it. */
export function spent(amount, format) {
  if (!amount) return "unknown";
  if (amount.used === null || amount.used === undefined) return `${format(amount.quota)} at most`;
  return `${format(amount.used)} of ${format(amount.quota)}`;
}
