import { parseNeighborhood, parseServerId } from "@dred/protocol";
import type { RegistryRecord } from "@dred/protocol";
import { afterEach, expect, test } from "vitest";
import { FakePeer } from "./FakePeer.ts";
import { FakePuller } from "./FakePuller.ts";
import { Hood, urlOf } from "./Hood.ts";
import type { HoodServer } from "./Hood.ts";

/*
 * Where a server is, when another store had its serverId for a while: the registry then holds a
 * record of that one, which was written last and is of an earlier epoch.
 */

const Z = { id: parseServerId("z"), url: urlOf("z") };
const ELSEWHERE = "sim://elsewhere";

let hood = new Hood();

afterEach(() => {
  hood.end();
  hood = new Hood();
});

/** Of an epoch before any that begins in these tests, and written later than all. */
function recordOf(name: string): RegistryRecord {
  const stamp = { ts: hood.clock.now() * 1000, origin: `${name}.mgaaaaaaaa` };
  const store = { storeId: "another", epoch: "mgaaaaaaaa", version: "0.0.0" };
  const host = { kind: "host", isRemoved: false, url: ELSEWHERE, ...store, updated: stamp };
  return [`host/${name}`, JSON.stringify(host)];
}

type HostFields = { readonly updated: { readonly ts: number } } & {
  readonly [field: string]: unknown;
};

/** What b says of itself in the registry. */
function ownRecordOf({ disk }: HoodServer): HostFields {
  return JSON.parse(disk.area(parseNeighborhood("sim")).registry.get("host/b") ?? "") as HostFields;
}

/** A server that is linked to z, and z. */
async function linked(): Promise<{ server: HoodServer; peer: FakePeer }> {
  const peer = new FakePeer(hood, { name: "z" });
  const server = await hood.start("b", [Z]);
  await hood.until(() => peer.pings > 0);
  return { server, peer };
}

test("R11: a linked server is dialled where it says it is, whatever a record of an earlier epoch says", async () => {
  const dialled: string[] = [];
  for (const url of [urlOf("c"), ELSEWHERE]) {
    const accept = (): void => void dialled.push(url);
    hood.network.listen(url, { name: "c", accept });
  }
  const { server, peer } = await linked();
  await FakePuller.dial(hood, "c", "b");
  await hood.until(() => dialled.length > 0);

  peer.send({ type: "registry", ref: 1, records: [recordOf("c")] });
  const hosts = () => server.keeper.current().hosts();
  await hood.until(() => hosts().some(({ url }) => url === ELSEWHERE), 1_000);
  await hood.pass(5_000);

  expect(dialled.length).toBeGreaterThan(0);
  expect(dialled).not.toContain(ELSEWHERE);
});

test("R8: a server keeps its record, and its notes in it, against one of an earlier epoch", async () => {
  const { server, peer } = await linked();
  const before = ownRecordOf(server);
  const noted = { ...before, collectedGeneration: 7 };
  const withNote = { ...noted, updated: { ...before.updated, ts: before.updated.ts + 1 } };
  peer.send({ type: "registry", ref: 1, records: [["host/b", JSON.stringify(withNote)]] });
  const outdated = recordOf("b");
  peer.send({ type: "registry", ref: 2, records: [outdated] });

  const acked = () => peer.frames.filter(({ type }) => type === "registry-ack");
  await hood.until(() => acked().length === 2, 1_000);

  const ts = (JSON.parse(outdated[1]) as HostFields).updated.ts + 1;
  expect(ownRecordOf(server)).toEqual({ ...noted, updated: { ...before.updated, ts } });
});
