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

const B = parseServerId("b");
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

test("R8: a server whose record was replaced by one of an earlier epoch writes its own again", async () => {
  const { server, peer } = await linked();
  const urlInRegistry = (): string | undefined =>
    server.keeper
      .current()
      .hosts()
      .find(({ id }) => id === B)?.url;
  const noted = ownRecordOf(server);
  const later = { ...noted.updated, ts: noted.updated.ts + 1 };
  const forgetful = { ...noted, collectedGeneration: 7, updated: later };
  peer.send({ type: "registry", ref: 1, records: [["host/b", JSON.stringify(forgetful)]] });
  await hood.until(() => ownRecordOf(server)["collectedGeneration"] === 7, 1_000);

  let hasFailed = false;
  server.disk.faultOf = (operation) => {
    const isAnnouncement = operation === "writeRegistry" && urlInRegistry() === ELSEWHERE;
    if (!isAnnouncement || hasFailed) return "none";
    hasFailed = true;
    return "unreachable";
  };

  peer.send({ type: "registry", ref: 2, records: [recordOf("b")] });
  await hood.until(() => hasFailed, 1_000);
  await hood.until(() => urlInRegistry() === urlOf("b"), 3_000);

  expect(ownRecordOf(server)).toEqual({ ...forgetful, updated: expect.anything() as unknown });
});
