/** Figures as people read them. */

const NUMBER = new Intl.NumberFormat("en");

export function count(value: number): string {
  return NUMBER.format(Math.round(value));
}

/** Many, in few characters: 12.3k. */
export function brief(value: number): string {
  if (value < 1_000) return count(value);
  if (value < 999_500) return `${(value / 1e3).toFixed(value < 99_950 ? 1 : 0)}k`;
  return `${(value / 1e6).toFixed(1)}M`;
}

/** A time given in microseconds, to two or three digits. */
export function time(us: number): string {
  if (us < 1_000) return `${us.toFixed(us < 10 ? 1 : 0)} µs`;
  if (us < 1_000_000) return `${digits(us / 1_000)} ms`;
  return `${digits(us / 1_000_000)} s`;
}

function digits(value: number): string {
  if (value < 10) return value.toFixed(2);
  return value.toFixed(value < 100 ? 1 : 0);
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function bytes(value: number): string {
  let [rest, unit] = [value, 0];
  while (rest >= 1_000 && unit < UNITS.length - 1) [rest, unit] = [rest / 1_024, unit + 1];
  return `${unit === 0 ? Math.round(rest) : digits(rest)} ${UNITS[unit]}`;
}

/** How long something has been going on, given in seconds. */
export function age(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A part of a whole, from 0 to 1. */
export function percent(part: number): string {
  const value = 100 * part;
  return `${value.toFixed(value < 10 ? 1 : 0)} %`;
}

export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}
