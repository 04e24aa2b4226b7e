/** A session as rooms and listings show it: thirteen letters and digits. */
export type SessionId = string;

/** Crockford's base 32: no i, l, o, u. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const LETTERS = 13;
const BITS = 5;

/**
 * The text of a session id that came as a number, as it does inside events.
 *
 * ```ts
 * room.on("typing", ({ session }) => room.state.members.get(sessionText(session)));
 * ```
 */
export function sessionText(id: bigint | number): SessionId {
  let rest = BigInt.asUintN(64, BigInt(id));
  let letters = "";
  for (let place = 0; place < LETTERS; place++) {
    letters = ALPHABET.charAt(Number(rest & 31n)) + letters;
    rest >>= BigInt(BITS);
  }
  return letters;
}
