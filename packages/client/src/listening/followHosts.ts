import { DredError } from "@dred/protocol";
import type { ControlLine } from "@dred/protocol";
import type { HostPool } from "../hosts/HostPool.ts";
import { backoffDelayMs } from "../time/backoff.ts";
import { wait } from "../time/wait.ts";
import { LineStream } from "./LineStream.ts";
import type { LineStreamContext } from "./LineStream.ts";
import type { ListenTarget } from "./ListenTarget.ts";
import { parseReceivedLine } from "./ReceivedLine.ts";
import type { ReceivedLine } from "./ReceivedLine.ts";

/** A stream that lasted this long, or brought a message, was a healthy one. */
const HEALTHY_MS_MIN = 5_000;

export interface FollowContext extends LineStreamContext {
  readonly pool: HostPool;
}

/** What a reader gives to be fed. */
export interface Reader {
  /** What to ask the next host for. */
  targets(): readonly ListenTarget[];
  /** Takes one line, in order; while its promise is pending the host is not read from. */
  receive(line: ReceivedLine): Promise<void> | undefined;
}

/**
 * Listens at one host after the other, for ever: the only loop that keeps a listener connected.
 * Whatever ends a stream (its `bye`, a cut, silence, a host that cannot), the next is opened at
 * the best host from where the reader stands. The wait before it grows with each round over the
 * hosts in which no stream was healthy.
 *
 * @throws `signal.reason`, or the DredError with which a host refused the request for good.
 */
export async function followHosts(reader: Reader, context: FollowContext): Promise<never> {
  for (let failures = 0; ; failures++) {
    await context.pool.known(context.signal);
    const hosts = context.pool.ordered();
    const [host] = hosts;
    if (host !== undefined && (await followHost(host.url, reader, context))) failures = 0;
    const round = Math.floor(failures / Math.max(1, hosts.length));
    await wait(backoffDelayMs(round, context.clock), context.clock, context.signal);
  }
}

/**
 * Listens at one host until its stream ends; resolves with whether the stream was healthy. What a
 * host answers to the request may end it all; what is wrong with a line is this stream's fault.
 */
async function followHost(url: string, reader: Reader, context: FollowContext): Promise<boolean> {
  const began = context.clock.now();
  const heard = { messages: 0 };
  let stream: LineStream | undefined;
  try {
    stream = await LineStream.open(url, reader.targets(), context);
    context.pool.succeeded(url, context.clock.now() - began);
    await readToEnd({ url, stream, reader, heard }, context.pool);
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof DredError)) throw error;
    if (stream === undefined && !error.isRetryable) throw error;
    context.pool.failed(url, error.detail);
  } finally {
    stream?.close();
  }
  return heard.messages > 0 || context.clock.now() - began >= HEALTHY_MS_MIN;
}

interface Following {
  readonly url: string;
  readonly stream: LineStream;
  readonly reader: Reader;
  readonly heard: { messages: number };
}

/** Resolves at the `bye`. @throws DredError when the stream ends without one. */
async function readToEnd(following: Following, pool: HostPool): Promise<void> {
  const { url, stream, reader, heard } = following;
  for (;;) {
    const lines = await stream.read();
    if (lines === undefined) {
      throw new DredError("host-unreachable", `${url} ended the stream without a last line`);
    }
    for (const text of lines) {
      const line = parseReceivedLine(text);
      if (line.kind === "message") heard.messages++;
      const pending = reader.receive(line);
      if (pending !== undefined) await pending;
      if (line.kind !== "control") continue;
      if (line.line.type === "heartbeat-info") stream.expectHeartbeats(line.line.timerInterval);
      if (line.line.type === "bye") return sayGoodbye(url, line.line, pool);
    }
  }
}

/** A host that goes names the others; one that only ended this stream stays as good as it was. */
function sayGoodbye(
  url: string,
  bye: Extract<ControlLine, { readonly type: "bye" }>,
  pool: HostPool,
): void {
  pool.learn(bye.hosts);
  if (bye.reason === "shutdown" || bye.reason === "epoch") {
    pool.failed(url, `it said goodbye (${bye.reason})`);
  }
}
