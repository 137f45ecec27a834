import { acceptJoin } from "@dred/core";
import { Type } from "@sinclair/typebox";
import { createShape } from "../bodyShape.ts";
import type { HttpContext } from "../HttpContext.ts";
import { pathChannel } from "../pathChannel.ts";
import type { Route } from "../Route.ts";

const text = (charsMax: number, description: string) =>
  Type.Optional(Type.String({ maxLength: charsMax, description }));

const shape = createShape(
  Type.Object({
    myId: text(256, "an id (a public key in base64)"),
    member: text(256, "an id (a public key in base64)"),
    signature: text(1_024, "a signature in base64"),
  }),
);

/** `POST /channel/:id/join` */
export function joinChannel(context: HttpContext): Route {
  return {
    method: "POST",
    path: "/channel/:id/join",
    async handle(request) {
      const name = pathChannel(request);
      const replica = context.replica();
      const channel = replica.channel(name);
      // The channel is judged before the body: what is wrong with both is said of the channel.
      const body = channel?.options.encrypted === true ? shape(request.body) : {};
      const { verify } = context;
      const member = acceptJoin(body, channel, { now: context.clock.now(), verify });
      await replica.putMember(name, member);
      return { status: member.state };
    },
  };
}
