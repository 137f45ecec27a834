import { createHmac } from "node:crypto";
import { parseEpoch, parseNeighborhood, parseServerId } from "@dred/protocol";
import type { HelloFrame } from "@dred/protocol";
import { expect, test } from "vitest";
import { peerProof } from "./peerProof.ts";
import type { Hmac } from "./peerProof.ts";

const hmac: Hmac = (secret, text) => createHmac("sha256", secret).update(text).digest("hex");

function hello(serverId: string, nonce: string): HelloFrame {
  return {
    type: "hello",
    protocol: 1,
    neighborhood: parseNeighborhood("nb1"),
    serverId: parseServerId(serverId),
    storeId: `store-${serverId}`,
    instance: "i",
    epoch: parseEpoch("aaa00"),
    version: "1",
    url: `http://${serverId}`,
    clock: 0,
    syncedTs: 0,
    nonce,
    epochs: new Map(),
    proof: "",
  };
}

const [dialler, acceptor] = [hello("a", "1"), hello("b", "2")];
const handshake = { role: "dialler", dialler, acceptor } as const;
const proof = peerProof(hmac, "secret", handshake);

test.each([
  ["another secret", "other", handshake],
  ["the other role, so it cannot be played back", "secret", { ...handshake, role: "acceptor" }],
  ["exchanged ends", "secret", { role: "dialler", dialler: acceptor, acceptor: dialler }],
  ["another nonce of the dialler", "secret", { ...handshake, dialler: hello("a", "3") }],
  ["another nonce of the acceptor", "secret", { ...handshake, acceptor: hello("b", "3") }],
  ["another server", "secret", { ...handshake, dialler: hello("c", "1") }],
  ["another url", "secret", { ...handshake, dialler: { ...dialler, url: "http://c" } }],
] as const)("%s gives another proof", (_what, secret, changed) => {
  expect(peerProof(hmac, secret, changed)).not.toBe(proof);
});

test("both ends reckon the same proof, and without a secret there is none", () => {
  expect(peerProof(hmac, "secret", structuredClone(handshake))).toBe(proof);
  expect(peerProof(hmac, undefined, handshake)).toBe("");
});
