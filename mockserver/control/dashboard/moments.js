// Moments and durations as a person reads them, in UTC like all the mock's times.

export const clockText = (iso) => iso.slice(11, 19);
export const dateText = (iso) => iso.slice(0, 10);

const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

export function durationText(seconds) {
  if (seconds < 1) return seconds > 0 ? `${Math.round(seconds * 1000)} ms` : "0 s";
  const parts = [];
  let rest = Math.round(seconds);
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count) parts.push(`${count} ${unit}`);
  }
  return parts.slice(0, 2).join(" ");
}

export const elapsedText = (milliseconds) =>
  milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`;
