/** Calls that drills make besides those of writers and readers. All end within 15 s. */

const ANSWER_MS_MAX = 15_000;

export interface Answer {
  readonly status: number;
  /** Undefined where the body is empty. */
  readonly body: unknown;
}

/** @throws Error when there is no answer in time. */
export async function call(method: string, url: string, body?: unknown): Promise<Answer> {
  const answer = await fetch(url, {
    method,
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
}

/** @throws Error with what was answered instead. */
export async function callWell(method: string, url: string, body?: unknown): Promise<unknown> {
  const answer = await call(method, url, body);
  if (answer.status === 200) return answer.body;
  throw new Error(`${method} ${url}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

/** Posts many messages at once with ocids `prefix-1`, `prefix-2` …; gives their texts. */
export async function postMany(
  url: string,
  channel: string,
  { prefix, count, chars = 20 }: { prefix: string; count: number; chars?: number },
): Promise<string[]> {
  const texts = Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);
  const messages = texts.map((ocid) => ({ type: "note", msg: ocid.padEnd(chars, "x"), ocid }));
  const answers = (await callWell("POST", `${url}/channel/${channel}/messages`, messages)) as {
    readonly error?: string;
  }[];
  const failed = answers.find(({ error }) => error !== undefined);
  if (failed !== undefined) throw new Error(`a message was not taken: ${failed.error}`);
  return texts;
}

/** The ocids of a channel's newest messages on one server, in canonical order; at most 1,000. */
export async function ocidsOf(url: string, channel: string): Promise<string[]> {
  const page = await callWell("GET", `${url}/channel/${channel}/messages?limit=1000`);
  return (page as { messages: { ocid: string }[] }).messages.map(({ ocid }) => ocid);
}
