import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { ChildProcess } from "./ChildProcess.ts";
import { freePort } from "./freePort.ts";
import { Owned } from "./Owned.ts";
import { openStores } from "./Stores.ts";

const READY_MS_MAX = 20_000;
const CHANNEL_MS_MAX = 5_000;
const LOOK_MS = 20;
const NAMES = ["first", "second"] as const;

const dred = fileURLToPath(new URL("../../bin/dred", import.meta.url));

/** One or two servers, each a process of its own with a store of its own, as users run them. */
export interface Neighbors extends AsyncDisposable {
  /** Where they are reached, in the order of their start. */
  readonly urls: readonly string[];
  /** The first server's Redis. */
  readonly storeUrl: string;
}

/** Starts them; resolves when all are ready for posts. */
export async function startNeighbors(count: 1 | 2): Promise<Neighbors> {
  await using starting = new Owned();
  const neighborhood = `bench-${randomBytes(4).toString("hex")}`;
  const stores = starting.use(await openStores(count, neighborhood));
  const servers: { readonly name: string; readonly port: number }[] = [];
  for (const name of NAMES.slice(0, count)) servers.push({ name, port: await freePort() });
  const hosts = servers.flatMap(({ name, port }) => ["--host", `${name}=${urlOf(port)}`]);
  const children = servers.map(({ name, port }, index) => {
    const options = ["--server-id", name, "--port", String(port), "--neighborhood", neighborhood];
    const store = stores.urls[index] ?? "";
    // Options of Node, such as --cpu-prof, are for the servers too.
    const args = [...process.execArgv, dred, "serve", ...options, "--store", store, ...hosts];
    return starting.use(new ChildProcess(name, process.execPath, args));
  });
  const urls = servers.map(({ port }) => urlOf(port));
  await Promise.all(
    children.map((child, index) => child.ready(() => isOk(`${urls[index]}/readyz`), READY_MS_MAX)),
  );
  const started = starting.move();
  const dispose = (): Promise<void> => started[Symbol.asyncDispose]();
  return { urls, storeUrl: stores.urls[0] ?? "", [Symbol.asyncDispose]: dispose };
}

/** Creates a channel with a name of its own; resolves when every server knows it. */
export async function createChannel({ urls }: Neighbors): Promise<string> {
  const name = `bench-${randomBytes(4).toString("hex")}`;
  const headers = { "content-type": "application/json" };
  const request = { method: "POST", headers, body: "{}" };
  const answer = await fetch(`${urls[0]}/channel/${name}`, request);
  if (!answer.ok) throw new Error(`no channel was created: ${await answer.text()}`);
  const until = performance.now() + CHANNEL_MS_MAX;
  for (const url of urls) {
    while (!(await isOk(`${url}/channel/${name}`))) {
      if (performance.now() > until) throw new Error(`${url} does not know the channel`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
  return name;
}

async function isOk(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url);
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}
