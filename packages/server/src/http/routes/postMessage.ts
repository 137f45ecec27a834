import type { MessageFields } from "@dred/protocol";
import type { FastifyRequest } from "fastify";
import { parseAcksQuery } from "../acksQuery.ts";
import type { AcksQuery } from "../acksQuery.ts";
import type { HttpContext } from "../HttpContext.ts";
import { requireChannel, writableChannel } from "../pathChannel.ts";
import { parsePostedMessage } from "../postedMessage.ts";
import { formatPostReply } from "../postReply.ts";
import type { Route } from "../Route.ts";

/** `POST /channel/:id/message` */
export function postMessage(context: HttpContext): Route {
  return {
    method: "POST",
    path: "/channel/:id/message",
    async handle(request, reply) {
      const name = writableChannel(request);
      const replica = context.replica();
      const { message, acks, timeoutMs } = parsePost(request, () => requireChannel(replica, name));
      const posted = await replica.post(name, message, "");
      const held = acks === 1 ? 1 : await replica.held(name, posted, acks, timeoutMs);
      if (held < acks) void reply.code(202);
      return formatPostReply(posted, message.ocid, held);
    },
  };
}

interface Post extends AcksQuery {
  readonly message: MessageFields;
}

/**
 * A channel that does not exist is said before what is wrong with the message. A good post does
 * not ask for it, because the replica does.
 */
function parsePost({ query, body }: FastifyRequest, requireTarget: () => unknown): Post {
  try {
    return { message: parsePostedMessage(body), ...parseAcksQuery(query) };
  } catch (error) {
    requireTarget();
    throw error;
  }
}
