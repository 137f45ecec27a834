import fc from "fast-check";
import {
  parseChannelName,
  parseEpoch,
  parseNeighborhood,
  parseServerId,
  toChannelKey,
  toOriginId,
} from "../ids.ts";

const letters = "abcdefghijklmnopqrstuvwxyz0123456789";

function textOf(characters: string, minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...Array.from(characters)), minLength, maxLength });
}

export const anyServerId = textOf(`${letters}-`, 1, 32).map(parseServerId);
export const anyNeighborhood = textOf(`${letters}-`, 1, 32).map(parseNeighborhood);
export const anyEpoch = textOf(letters, 3, 12).map(parseEpoch);
export const anyOrigin = fc
  .tuple(anyServerId, anyEpoch)
  .map(([id, epoch]) => toOriginId(id, epoch));

/** Every kind of character a name may have, those that NFC changes among them. */
export const anyChannelName = textOf("az09_-.:äé文ßΩK𝒳١é", 1, 64).map(parseChannelName);
export const anyGeneration = fc.nat({ max: 999_999_999 });
export const anyChannelKey = fc
  .tuple(anyChannelName, anyGeneration)
  .map(([name, generation]) => toChannelKey(name, generation));

export const anyCount = fc.maxSafeNat();
export const anyHead = fc.record({ ts: anyCount, seq: anyCount });
export const anyChain = textOf("0123456789abcdef", 32, 32);

/** A vector; few origins, so that two vectors often share some. */
export const anyVector = fc
  .uniqueArray(fc.tuple(anyOrigin, anyHead), { maxLength: 8, selector: ([origin]) => origin })
  .map((pairs) => new Map(pairs));

export const anyEntry = fc
  .tuple(anyHead, anyChain, fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })))
  .map(([head, chain, fields]) => ({ ...head, chain, line: JSON.stringify(fields) }));

/** Values that come out of `JSON.parse`, and what a caller without types might pass. */
export const anyInput = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: "binary" }),
  fc.constantFrom(undefined, Number.NaN, "__proto__", "constructor", "a".repeat(1_000)),
);
