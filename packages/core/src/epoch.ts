import { epochTimeMs, parseEpoch } from "@dred/protocol";
import type { Epoch } from "@dred/protocol";

const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz";

/**
 * A new epoch (R2), larger than the largest known of this server even when its clock
 * stepped back: the later of now and the known one plus 1 ms in base 36, then two random
 * characters that tell two lives begun in the same millisecond apart.
 *
 * @param random Uniform in [0, 1).
 */
export function mintEpoch(nowMs: number, known: Epoch | undefined, random: () => number): Epoch {
  const least = known === undefined ? 0 : epochTimeMs(known) + 1;
  const time = Math.max(Math.floor(nowMs), least);
  const digit = (): string => DIGITS[Math.floor(random() * DIGITS.length)] ?? "0";
  return parseEpoch(time.toString(36) + digit() + digit());
}
