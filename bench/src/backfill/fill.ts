import { Poster } from "../Poster.ts";

const PER_REQUEST = 1_000;
const IN_FLIGHT = 4;

export interface Filling {
  readonly channels: readonly string[];
  readonly messages: number;
}

/** Creates the channels on the first server; the others learn of them. */
export async function createChannels(url: string, count: number): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, index) => `bench-${index}`);
  const rest = [...names];
  const create = async (): Promise<void> => {
    for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${url}/channel/${name}`, { method: "POST", headers, body: "{}" });
      if (!answer.ok) throw new Error(`no channel was created: ${await answer.text()}`);
      await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, create));
  return names;
}

/** Posts the messages, spread over all channels, and over the servers by channel. */
export async function fill(
  urls: readonly string[],
  { channels, messages }: Filling,
): Promise<void> {
  const posters = urls.map((url) => new Poster(url));
  const each = Math.ceil(messages / channels.length);
  const requests = channels.flatMap((channel, index) =>
    Array.from({ length: Math.ceil(each / PER_REQUEST) }, (_, request) => {
      const first = request * PER_REQUEST;
      return { channel, first, count: Math.min(PER_REQUEST, each - first), index };
    }),
  );
  const post = async (): Promise<void> => {
    for (let next = requests.pop(); next !== undefined; next = requests.pop()) {
      const { channel, first, count, index } = next;
      const poster = posters[index % posters.length];
      await poster?.post(`/channel/${channel}/messages`, bodyOf(first, count));
    }
  };
  try {
    await Promise.all(Array.from({ length: IN_FLIGHT }, post));
  } finally {
    for (const poster of posters) poster[Symbol.dispose]();
  }
}

function bodyOf(first: number, count: number): string {
  const messages = Array.from({ length: count }, (_, index) => textOf(`f${first + index}`));
  return `[${messages.join(",")}]`;
}

/** About 128 bytes, as those of the other measurements. */
function textOf(ocid: string): string {
  return JSON.stringify({ type: "bench", ocid, msg: "m".repeat(80) });
}
