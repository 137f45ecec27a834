import { parseNeighborhood, parseServerId, PEER_PROTOCOL } from "@dred/protocol";
import type { Epoch, HelloFrame } from "@dred/protocol";
import type { Clock } from "@dred/server";
import { urlOf } from "./Hood.ts";

const EPOCH = "mgqkx2o0aa" as Epoch;

/** What a peer without a server says of itself, unless a test wants something else to be said. */
export function fakeHello(
  { clock }: { readonly clock: Clock },
  name: string,
  change: Partial<HelloFrame> = {},
): HelloFrame {
  return {
    type: "hello",
    protocol: PEER_PROTOCOL,
    neighborhood: parseNeighborhood("sim"),
    serverId: parseServerId(name),
    storeId: `store of ${name}`,
    instance: name,
    epoch: EPOCH,
    version: "0.0.0",
    url: urlOf(name),
    clock: clock.now(),
    syncedTs: 0,
    nonce: "0".repeat(32),
    epochs: new Map(),
    proof: "",
    ...change,
  };
}
