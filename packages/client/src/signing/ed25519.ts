import { DredError } from "@dred/protocol";
import { parseBase64, toBase64 } from "./base64.ts";

/** An ed25519 key pair (RFC 8032), both halves in standard base64. */
export interface KeyPair {
  /** The raw 32-byte public key: its owner's id. */
  readonly id: string;
  /** The raw 32-byte private key (the "seed" of RFC 8032, 5.1.5): keep it secret. */
  readonly privateKey: string;
}

const ALGORITHM = "Ed25519";
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** What PKCS #8 writes before the 32 bytes of an ed25519 key (RFC 8410, 7). */
const PKCS8_PREFIX = [
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/** Makes a new key pair. In browsers only pages of a secure origin (https, localhost) can. */
export async function generateKey(): Promise<KeyPair> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  if (!("publicKey" in pair)) throw new TypeError("ed25519 gave no pair of keys");
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", pair.privateKey);
  return {
    id: toBase64(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey))),
    privateKey: toBase64(new Uint8Array(pkcs8).slice(PKCS8_PREFIX.length)),
  };
}

/**
 * Signs the UTF-8 bytes of `text`; the same text and key give the same signature.
 *
 * @returns The 64-byte signature in base64.
 * @throws DredError `invalid-shape` for a private key that is none.
 */
export async function signString(text: string, privateKey: string): Promise<string> {
  const seed = parseBase64(privateKey);
  if (seed?.length !== KEY_BYTES) {
    throw new DredError("invalid-shape", "a private key is the base64 of 32 bytes");
  }
  const pkcs8 = Uint8Array.of(...PKCS8_PREFIX, ...seed);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, false, ["sign"]);
  const signature = await crypto.subtle.sign(ALGORITHM, key, new TextEncoder().encode(text));
  return toBase64(new Uint8Array(signature));
}

/** Whether `signature` is the one of `text` by the owner of `id`; false for what is malformed. */
export async function verifySig(text: string, signature: string, id: string): Promise<boolean> {
  const publicKey = parseBase64(id);
  const bytes = parseBase64(signature);
  if (publicKey?.length !== KEY_BYTES || bytes?.length !== SIGNATURE_BYTES) return false;
  try {
    const key = await crypto.subtle.importKey("raw", publicKey, ALGORITHM, false, ["verify"]);
    return await crypto.subtle.verify(ALGORITHM, key, bytes, new TextEncoder().encode(text));
  } catch {
    return false;
  }
}
