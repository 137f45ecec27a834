import { createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { Verify } from "@dred/core";

/** What stands before the 32 bytes of an ed25519 key in its SPKI form (RFC 8410, section 10.1). */
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Verifies by the platform's ed25519; false, never an error, for malformed keys and signatures. */
export const verifySignature: Verify = (id, text, signature) => {
  const key = toKey(id);
  const bytes = toBytes(signature, SIGNATURE_BYTES);
  if (key === undefined || bytes === undefined) return false;
  return verify(null, Buffer.from(text), key, bytes);
};

function toKey(id: string): KeyObject | undefined {
  const bytes = toBytes(id, KEY_BYTES);
  if (bytes === undefined) return undefined;
  try {
    return createPublicKey({
      key: Buffer.concat([SPKI_HEAD, bytes]),
      format: "der",
      type: "spki",
    });
  } catch {
    return undefined;
  }
}

/** Standard base64 of exactly so many bytes; undefined for anything else. */
function toBytes(text: string, length: number): Buffer | undefined {
  if (text.length !== 4 * Math.ceil(length / 3) || !BASE64.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64");
  return bytes.length === length ? bytes : undefined;
}
