import { isUtf8 } from "node:buffer";
import { DredError, limits } from "@dred/protocol";
import type { FastifyInstance } from "fastify";
import { JsonLines } from "./JsonLines.ts";

const options = { parseAs: "buffer", bodyLimit: limits.BODY_BYTES_MAX } as const;

/**
 * JSON as the only content type. A key `__proto__` stays an own property of what `JSON.parse`
 * makes and is never merged into anything, so it does no harm.
 */
export function acceptJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>("application/json", options, (_request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    const text = toText(body);
    try {
      done(null, JSON.parse(text));
    } catch (cause) {
      const detail = `the body is not JSON: ${(cause as Error).message}`;
      done(new DredError("invalid-json", detail, { cause }));
    }
  });
}

/** ND-JSON as well, for the routes of this scope; each line is parsed on its own later. */
export function acceptJsonLines(app: FastifyInstance): void {
  const types = /^application\/(?:x-ndjson|ndjson|jsonl|x-jsonlines)(?:;|$)/;
  app.addContentTypeParser<Buffer>(types, options, (_request, body, done) => {
    done(null, new JsonLines(toText(body)));
  });
}

/** Decoding alone would put replacement characters in place of what is wrong. */
function toText(body: Buffer): string {
  if (isUtf8(body)) return body.toString("utf8");
  throw new DredError("invalid-json", "the body is not UTF-8");
}
