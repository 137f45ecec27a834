import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createMemoryStore, createServer, MemoryDisk, systemClock } from "@dred/server";
import type { Config, DredServer } from "@dred/server";
import { parseChannelName, parseNeighborhood, parseServerId } from "@dred/protocol";
import { eventually, silentLog, testSetup } from "@dred/testkit";
import type { TestServer } from "@dred/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { createMessage, setupNews } from "./news.ts";

const config: Config = {
  serverId: parseServerId("alone"),
  address: "127.0.0.1",
  port: 0,
  neighborhood: parseNeighborhood("metrics"),
  store: "memory:",
  hosts: [],
  publicUrl: "http://127.0.0.1:0",
  isFlowLogged: false,
  isRedisMonitored: false,
};

/** The samples that a server exports: `name{labels}` to value. */
async function samplesOf({ agent }: TestServer): Promise<Map<string, number>> {
  const { text, headers } = await agent.get("/metrics").expect(200);
  expect(headers["content-type"]).toContain("text/plain; version=0.0.4");
  return toSamples(text);
}

function toSamples(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

describe("what a server exports at /metrics", () => {
  it("counts posts by how they were answered, and what it appended and delivered", async () => {
    const setup = await setupNews();
    const listener = await setup.openListener();
    const message = createMessage();
    await setup.post(message).expect(200);
    await setup.post(message).expect(200);
    await setup.post({ ...message, msg: "other" }).expect(409);
    await setup.agent.post("/channel/none/message").send(createMessage()).expect(404);
    await listener.line({ ocid: message.ocid });
    const samples = await samplesOf(setup.servers.first);
    expect(samples.get(`dred_posts_total{status="created"}`)).toBe(1);
    expect(samples.get(`dred_posts_total{status="duplicate"}`)).toBe(1);
    expect(samples.get(`dred_posts_total{status="ocid-conflict"}`)).toBe(1);
    expect(samples.get(`dred_posts_total{status="channel-not-found"}`)).toBe(1);
    expect(samples.get("dred_appended_entries_total")).toBe(1);
    expect(samples.get("dred_delivered_messages_total")).toBe(1);
    expect(samples.get("dred_listeners")).toBe(1);
    expect(samples.get("dred_ready")).toBe(1);
    expect(samples.get("dred_epochs_minted_total")).toBe(1);
  });

  it("counts what is replicated, by origin and by peer, each entry once", async () => {
    const { servers } = await testSetup({ servers: ["first", "second"] });
    const { first, second } = servers;
    await first.agent.post("/channel/news").expect(200);
    for (let count = 0; count < 3; count++) {
      await first.agent.post("/channel/news/message?acks=2").send(createMessage()).expect(200);
    }
    const here = await samplesOf(first);
    const there = await samplesOf(second);
    expect(there.get(`dred_replicated_entries_total{origin="first"}`)).toBe(3);
    expect(there.get(`dred_peer_received_entries_total{peer="first"}`)).toBe(3);
    expect(here.get(`dred_peer_sent_entries_total{peer="second"}`)).toBe(3);
    expect(there.get("dred_known_entries_total")).toBe(0);
    expect(there.get(`dred_held_entries{origin="first"}`)).toBe(3);
    for (const what of ["posts", "post_chars", "link_chars"]) {
      expect(there.get(`dred_waiting_${what}_max`)).toBe(0);
    }
    expect(there.get(`dred_lag_entries{origin="first"}`)).toBe(0);
    expect(there.get(`dred_link_up{peer="first",direction="pulling"}`)).toBe(1);
    expect(there.get(`dred_peer_received_bytes_total{peer="first"}`)).toBeGreaterThan(300);
    await first.stop();
    await eventually(async () => {
      const later = await samplesOf(second);
      return later.get(`dred_link_up{peer="first",direction="pulling"}`) === 0;
    });
  });

  it("is there before the store was opened: not ready", async () => {
    const server = await createServer(config);
    onTestFinished(() => server.close());
    server.http.listen(0, "127.0.0.1");
    await once(server.http, "listening");
    const samples = await fetchSamples(server);
    expect(samples.get("dred_ready")).toBe(0);
    expect(samples.get("dred_epochs_minted_total")).toBe(0);
  });

  it("counts the calls of the store by operation, and their errors by code", async () => {
    const disk = new MemoryDisk();
    const store = createMemoryStore({ disk, clock: systemClock, random: Math.random });
    const server = await createServer(config, { store, log: silentLog });
    onTestFinished(() => server.close());
    await server.listen();
    await eventually(() => server.replica().readiness().isReady);
    const client = server.mkClient(server.url);
    onTestFinished(() => client.disconnect());
    await client.createChannel("news");
    const full = 'dred_store_errors_total{operation="commit",code="store-full"}';
    expect((await fetchSamples(server)).get(full)).toBe(0); // so that an increase is seen
    disk.faultOf = (operation) => (operation === "commit" ? "full" : "none");
    const refused = server.replica().post(parseChannelName("news"), createMessage(), "");
    await expect(refused).rejects.toMatchObject({ code: "store-full" });
    disk.faultOf = () => "none";
    await client.postMessage("news", createMessage());
    const samples = await fetchSamples(server);
    const commits = samples.get('dred_store_operation_duration_seconds_count{operation="commit"}');
    expect(commits).toBe(2);
    expect(samples.get(full)).toBe(1);
    expect(samples.get('dred_posts_total{status="store-full"}')).toBe(1);
    expect(samples.get("dred_appended_entries_total")).toBe(1);
  });
});

async function fetchSamples({ http }: DredServer): Promise<Map<string, number>> {
  const { port } = http.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  return toSamples(await response.text());
}
