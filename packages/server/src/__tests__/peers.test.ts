import { formatFrame, parseEpoch } from "@dred/protocol";
import type { HelloFrame } from "@dred/protocol";
import { eventually, linked, mkClientFor, TcpProxy, testSetup } from "@dred/testkit";
import type { TestServer } from "@dred/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { helloOf, RawPeer } from "./RawPeer.ts";

function peersOf({ server }: TestServer): string[] {
  const hosts = server.replica().hosts();
  return hosts.filter(({ state }) => state === "connected").map(({ id }) => id);
}

describe("peers", () => {
  test("a server makes client connections to its configured peers", async () => {
    const { servers } = await testSetup({ servers: ["first", "second", "third"] });

    for (const name of ["first", "second", "third"] as const) {
      const others = ["first", "second", "third"].filter((other) => other !== name);
      expect(peersOf(servers[name])).toEqual(others);
    }
  });

  test("a server goes on dialling a peer that starts later than itself", async () => {
    const { servers } = await testSetup({
      servers: ["first"],
      hosts: { first: ["first", "second"] },
    });
    const { first, second } = servers;

    await second.start({ hosts: [first.host] });

    await linked([first, second]);
    expect(peersOf(first)).toEqual(["second"]);
  });

  test("a server reconnects when a peer is lost, and catches up", async () => {
    const { servers } = await testSetup({ servers: ["first", "second"] });
    const { first, second } = servers;
    const c1 = mkClientFor("first");
    await c1.createChannel("news");

    await second.stop();
    await eventually(() => peersOf(first).length === 0);
    await c1.postMessage("news", { type: "t", msg: "while it was away" });
    await second.start();

    await linked([first, second]);
    await eventually(async () => {
      const { messages } = await mkClientFor("second").history("news");
      return messages.some(({ msg }) => msg === "while it was away");
    });
  });

  test(
    "a link whose line is frozen is noticed, and dialled anew",
    { timeout: 40_000 },
    async () => {
      const { servers } = await testSetup({ servers: ["first"], hosts: { first: [] } });
      const { first, second } = servers;
      const proxy = await TcpProxy.open(first.url);
      onTestFinished(() => proxy[Symbol.asyncDispose]());
      await second.start({ hosts: [{ ...first.host, url: proxy.url }] });
      await eventually(() => peersOf(second).length === 1);
      await mkClientFor("first").createChannel("news");

      proxy.freeze();
      await mkClientFor("first").postMessage("news", { type: "t", msg: "unheard" });
      await eventually(() => peersOf(second).length === 0, 15_000);
      proxy.restore();

      await eventually(async () => {
        const { messages } = await mkClientFor("second").history("news");
        return messages.length === 1;
      }, 15_000);
    },
  );
});

describe("who is refused", () => {
  test("a peer without knowledge of the neighborhood's secret", async () => {
    const secret = "a secret that all members have";
    const { servers, neighborhood } = await testSetup({ servers: ["first"], secret });
    const peer = await RawPeer.dial(servers.first);

    peer.send(helloOf(neighborhood));
    const hello = await peer.next("hello");
    peer.send({ type: "proof", proof: hello.proof });

    const bye = await peer.next("bye");
    expect(bye.detail).toContain("secret");
    await eventually(() => peer.isClosed);
    expect(peer.frames.map(({ type }) => type)).toEqual(["hello", "bye"]);
  });

  test("a server that was started with another secret, on both sides, until it has the right one", async () => {
    const secret = "a secret that all members have";
    const { servers } = await testSetup({ servers: ["first"], secret });
    const { first, second } = servers;
    await mkClientFor("first").createChannel("private");

    await second.start({ hosts: [first.host], secret: "some other secret, guessed" });
    await eventually(() => second.server.replica().readiness().isDegraded, 10_000);
    expect(peersOf(first)).toEqual([]);
    expect(second.server.replica().channels()).toEqual([]);

    await second.stop();
    await second.start({ secret });
    await linked([first, second]);
    expect(second.server.replica().channels()).toEqual(["private"]);
  });

  test("a peer of another neighborhood, of another protocol, or with no hello at all", async () => {
    const { servers, neighborhood } = await testSetup({ servers: ["first"] });
    const hello = helloOf(neighborhood);
    const wrong = [
      formatFrame({ ...hello, neighborhood: "elsewhere" as HelloFrame["neighborhood"] }),
      formatFrame({ ...hello, protocol: 2 }),
      formatFrame({ type: "ping", sent: 1 }),
      "not a frame",
    ];

    for (const text of wrong) {
      const peer = await RawPeer.dial(servers.first);
      peer.sendText(text);
      const bye = await peer.next("bye");
      expect(bye.reason).toBe("peer-refused");
      await eventually(() => peer.isClosed);
    }
    await servers.first.agent.get("/healthz").expect(200);
  });

  test("R2: a second store under a serverId that is there; it stops, and says why", async () => {
    const { servers, neighborhood } = await testSetup({ servers: ["first"] });
    const peer = await RawPeer.dial(servers.first);

    const epoch = parseEpoch(`${(Date.now() + 60_000).toString(36)}00`);
    peer.send({ ...helloOf(neighborhood, "first"), epoch });
    peer.send({ type: "proof", proof: "" });

    const bye = await peer.next("bye");
    expect(bye).toMatchObject({ reason: "server-id-taken" });
    expect(bye.detail).toContain("--server-id");
  });

  test("a peer that sends nonsense after its handshake is cut off, and nothing else is", async () => {
    const { servers, neighborhood } = await testSetup({ servers: ["first"] });
    const c1 = mkClientFor("first");
    await c1.createChannel("news");
    const peer = await RawPeer.dial(servers.first);
    peer.send(helloOf(neighborhood));
    await peer.next("hello");
    peer.send({ type: "proof", proof: "" });
    await peer.next("have");

    peer.sendText('{"type":"pull","origin":7}');

    await peer.next("bye");
    await eventually(() => peer.isClosed);
    await c1.postMessage("news", { type: "t", msg: "goes on" });
  });
});

describe("what is sent", () => {
  test("R9: each message goes to peers that lack it, and not to those that have it", async () => {
    const { servers, neighborhood } = await testSetup({ servers: ["first", "second"] });
    const { first } = servers;
    const [c1, c2] = [mkClientFor("first"), mkClientFor("second")];
    await c1.createChannel("news");
    await c1.postMessage("news", { type: "t", msg: "old" });
    const peer = await RawPeer.dial(first);
    peer.send(helloOf(neighborhood));
    await peer.next("hello");
    peer.send({ type: "proof", proof: "" });
    await peer.next("have");
    const { origin } = first.server.replica();

    // A peer that has everything follows the origin: only what is new is sent.
    peer.send({ type: "pull", origin, logs: [] });
    await c1.postMessage("news", { type: "t", msg: "new" });
    const { entries } = await peer.next("entries");
    // What another server posted comes from that server, not from here.
    await c2.postMessage("news", { type: "t", msg: "of the second" });
    await eventually(async () => (await c1.history("news")).messages.length === 3);
    peer.send({ type: "ping", sent: 1 });
    await peer.next("pong");

    expect(entries.map(({ line }) => (JSON.parse(line) as { msg: string }).msg)).toEqual(["new"]);
    const sent = peer.frames.filter(({ type }) => type === "entries");
    expect(sent).toHaveLength(1);
  });

  test("R9: with three servers no message enters a server twice", async () => {
    const { servers } = await testSetup({ servers: ["first", "second", "third"] });
    const names = ["first", "second", "third"] as const;
    const clients = names.map((name) => mkClientFor(name));
    await clients[0]!.createChannel("news");

    for (let index = 0; index < 30; index++) {
      await clients[index % 3]!.postMessage("news", { type: "t", msg: `m${index}` });
    }
    await eventually(() =>
      names.every((name) => {
        const { origins } = servers[name].server.replica().replication();
        return origins.reduce((sum, { count }) => sum + count, 0) === 30;
      }),
    );

    for (const name of names) {
      const { origins } = servers[name].server.replica().replication();
      for (const { origin, source } of origins) {
        const own = origin.slice(0, origin.indexOf("."));
        expect(source).toBe(own === name ? undefined : own); // one source: its own server
      }
      expect(origins.every(({ forks, parked }) => forks === 0 && parked.length === 0)).toBe(true);
    }
  });
});
