import { acceptCreation } from "@dred/core";
import { Type } from "@sinclair/typebox";
import { createShape } from "../bodyShape.ts";
import type { HttpContext } from "../HttpContext.ts";
import { writableChannel } from "../pathChannel.ts";
import type { Route } from "../Route.ts";

const MEMBERS_MAX = 10_000;
/** 2^53 - 1: the last integer that a JSON number holds exactly. */
const TIME_MAX = Number.MAX_SAFE_INTEGER;

const text = (charsMax: number, description: string) =>
  Type.Optional(Type.String({ maxLength: charsMax, description }));
const flag = () => Type.Optional(Type.Boolean({ description: "true or false" }));
const integer = (minimum: number, description: string) =>
  Type.Optional(Type.Integer({ minimum, maximum: TIME_MAX, description }));

const shape = createShape(
  Type.Object({
    encrypted: flag(),
    owner: text(256, "a public key in base64"),
    members: Type.Optional(
      Type.Array(Type.String({ maxLength: 256 }), {
        maxItems: MEMBERS_MAX,
        description: `a list of at most ${MEMBERS_MAX} ids`,
      }),
    ),
    requests: flag(),
    allowJoining: Type.Optional(
      Type.Union([Type.Literal("open"), Type.Literal("request"), Type.Boolean()], {
        description: `"open", "request", true or false`,
      }),
    ),
    approveJoins: Type.Optional(
      Type.Union([Type.Literal("owner"), Type.Literal("member")], {
        description: `"owner" or "member"`,
      }),
    ),
    memberLimit: integer(0, "a whole number, 0 or more"),
    expiresAt: integer(0, "a time in whole milliseconds since 1970"),
    messageLifetime: integer(1, "a time in whole milliseconds, 1 or more"),
    maxMessages: integer(1, "a whole number, 1 or more"),
    signature: text(1_024, "a signature in base64"),
  }),
);

/** `POST /channel/:id` */
export function createChannel(context: HttpContext): Route {
  return {
    method: "POST",
    path: "/channel/:id",
    async handle(request) {
      const name = writableChannel(request);
      const replica = context.replica();
      const isTaken = replica.channel(name) !== undefined;
      const body = isTaken ? {} : shape(request.body);
      const now = context.clock.now();
      const options = acceptCreation(body, { name, isTaken, now, verify: context.verify });
      const { createdAt } = await replica.createChannel(name, { options });
      return { id: name, status: "created", channelId: name, ...options, createdAt };
    },
  };
}
