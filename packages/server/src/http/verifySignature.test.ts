import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { verifySignature } from "./verifySignature.ts";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const id = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url").toString("base64");
const signed = (text: string) => sign(null, Buffer.from(text), privateKey).toString("base64");

describe("verifying a signature", () => {
  test("accepts the key's signature of exactly this text", () => {
    expect(verifySignature(id, "größe", signed("größe"))).toBe(true);
    expect(verifySignature(id, "grösse", signed("größe"))).toBe(false);
  });

  test("is false, and nothing worse, for a key or signature of any length", () => {
    const signature = signed("text");
    for (let length = 0; length <= 140; length++) {
      const filler = "A".repeat(length);
      expect(verifySignature(id, "text", filler)).toBe(false);
      expect(verifySignature(filler, "text", signature)).toBe(false);
    }
  });

  test("is false for a signature in another spelling of base64, so that each has one", () => {
    expect(verifySignature(id, "text", signed("text").replaceAll("=", "-"))).toBe(false);
    expect(verifySignature(` ${id.slice(1)}`, "text", signed("text"))).toBe(false);
  });
});
