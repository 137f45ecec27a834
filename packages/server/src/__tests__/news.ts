import { RawListener, testSetup } from "@dred/testkit";
import type { TestSetup } from "@dred/testkit";
import { expect } from "vitest";

/** Matches any text; typed, as `expect.any` is not. */
export const anyText: unknown = expect.any(String);
/** Matches any number. */
export const anyNumber: unknown = expect.any(Number);

/** Matches the body of any error, or of one with this code. */
export function errorBody(code: unknown = anyText): object {
  return { error: anyText, code };
}

/** A set-up of one server with an empty channel `news`. */
export interface News extends TestSetup {
  /** The server's. */
  readonly url: string;
  /** Posts to `news` by supertest. */
  post(body: unknown, query?: string): ReturnType<TestSetup["agent"]["post"]>;
  /** A listener of `news` that has been told that it is live. */
  openListener(since?: unknown): Promise<RawListener>;
}

export async function setupNews(): Promise<News> {
  const setup = await testSetup();
  const { url } = setup.servers.first;
  await setup.agent.post("/channel/news").expect(200);
  return {
    ...setup,
    url,
    post: (body, query = "") =>
      setup.agent.post(`/channel/news/message${query}`).send(body as object),
    async openListener(since) {
      const listener = await RawListener.open(url, [{ channel: "news", since }]);
      await listener.line({ type: "listening", channel: "news" });
      return listener;
    },
  };
}

let counter = 0;

/** A message that can be posted, with an ocid of its own. */
export function createMessage(fields: object = {}): { msg: string; type: string; ocid: string } {
  counter += 1;
  return { msg: `message ${counter}`, type: "greeting", ocid: `ocid-${counter}`, ...fields };
}
