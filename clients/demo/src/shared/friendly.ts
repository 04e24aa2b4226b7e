/**
 * A name and a colour for those who have only a session id: everybody derives the same ones.
 */
export interface Friendly {
  readonly name: string;
  /** Degrees on the colour wheel. */
  readonly hue: number;
}

const FIRST = [
  "Amber",
  "Brisk",
  "Calm",
  "Dapper",
  "Eager",
  "Fuzzy",
  "Gentle",
  "Happy",
  "Inky",
  "Jolly",
  "Keen",
  "Lucky",
  "Mellow",
  "Nimble",
  "Olive",
  "Plucky",
  "Quiet",
  "Rosy",
  "Sunny",
  "Tidy",
  "Urban",
  "Vivid",
  "Witty",
  "Zesty",
] as const;
const SECOND = [
  "Otter",
  "Finch",
  "Lynx",
  "Heron",
  "Badger",
  "Newt",
  "Panda",
  "Raven",
  "Gecko",
  "Moth",
  "Koala",
  "Robin",
  "Seal",
  "Tiger",
  "Vole",
  "Wren",
  "Yak",
  "Zebra",
  "Ibis",
  "Hare",
  "Falcon",
  "Mole",
  "Perch",
  "Stork",
] as const;

/** Sessions who were looked up; a page never meets so many that it matters, but it is bounded. */
const known = new Map<string, Friendly>();
const KNOWN_MAX = 1_000;

/** The name and colour of a session. */
export function friendly(session: string): Friendly {
  let found = known.get(session);
  if (!found) {
    found = derive(session);
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(session, found);
  }
  return found;
}

/** A colour for those who have a name, in degrees on the colour wheel. */
export function hueOf(name: string): number {
  return ((hash(name) >>> 9) * GOLDEN_ANGLE) % 360;
}

function derive(session: string): Friendly {
  const bits = hash(session);
  const pick = (words: readonly string[], from: number) => words[from % words.length] as string;
  return {
    name: `${pick(FIRST, bits)} ${pick(SECOND, Math.floor(bits / FIRST.length))}`,
    hue: hueOf(session),
  };
}

/** Spreads neighbouring numbers over the whole wheel. */
const GOLDEN_ANGLE = 137.508;

/** FNV-1a, with a last stir so that the low bits know of all letters. */
function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    bits = Math.imul(bits ^ text.charCodeAt(at), 0x01000193);
  }
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  return (bits ^ (bits >>> 13)) >>> 0;
}
