import { describe, expect, test } from "vitest";
import { generateKey, signString, verifySig } from "./ed25519.ts";

const base64 = (hex: string): string => Buffer.from(hex, "hex").toString("base64");

// RFC 8032, 7.1, tests 1 and 2: those whose message is text.
const vectors = [
  {
    text: "",
    privateKey: base64("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"),
    id: base64("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
    signature: base64(
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
  },
  {
    text: "r",
    privateKey: base64("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
    id: base64("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
    signature: base64(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
  },
] as const;

describe("ed25519", () => {
  test.each(vectors)(
    "agrees with RFC 8032 on $text",
    async ({ text, privateKey, id, signature }) => {
      expect(await signString(text, privateKey)).toBe(signature);
      expect(await verifySig(text, signature, id)).toBe(true);
      expect(await verifySig(`${text}!`, signature, id)).toBe(false);
    },
  );

  test("a new key signs what its own id verifies, and no other's", async () => {
    const [mine, yours] = [await generateKey(), await generateKey()];
    const signature = await signString("grün 🌊", mine.privateKey);

    expect(Buffer.from(mine.id, "base64")).toHaveLength(32);
    expect(await verifySig("grün 🌊", signature, mine.id)).toBe(true);
    expect(await verifySig("grün 🌊", signature, yours.id)).toBe(false);
  });

  test("what is no signature or key is false, and signing with no key says so", async () => {
    const [{ signature, id }] = vectors;

    for (const wrong of ["", "é", "AAAA", `${signature}A`, signature.slice(0, -4)]) {
      expect(await verifySig("", wrong, id)).toBe(false);
      expect(await verifySig("", signature, wrong)).toBe(false);
    }
    await expect(signString("a", "AAAA")).rejects.toMatchObject({ code: "invalid-shape" });
  });
});
