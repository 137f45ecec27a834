import { DredError, limits } from "@dred/protocol";
import type { ChannelName } from "@dred/protocol";
import { errorBody } from "../errorAnswer.ts";
import type { HttpContext } from "../HttpContext.ts";
import { JsonLines } from "../JsonLines.ts";
import { requireChannel, writableChannel } from "../pathChannel.ts";
import { parsePostedMessage } from "../postedMessage.ts";
import { formatPostReply } from "../postReply.ts";
import type { Replica } from "../../replica/Replica.ts";
import type { Route } from "../Route.ts";

/** `POST /channel/:id/messages` */
export function postMessages(context: HttpContext): Route {
  return {
    method: "POST",
    path: "/channel/:id/messages",
    acceptsLines: true,
    async handle(request) {
      const name = writableChannel(request);
      const replica = context.replica();
      requireChannel(replica, name);
      const items = toItems(request.body);
      const answers = await Promise.all(items.map((item) => postOne(item, name, replica)));
      return `[${answers.join(",")}]`;
    },
  };

  /** An answer in JSON text, also to a message that is refused. */
  async function postOne(
    item: () => unknown,
    name: ChannelName,
    replica: Replica,
  ): Promise<string> {
    try {
      const message = parsePostedMessage(item());
      return formatPostReply(await replica.post(name, message, ""), message.ocid, 1);
    } catch (error) {
      return JSON.stringify(errorBody(error, context.log));
    }
  }
}

/** @throws DredError `invalid-shape`. */
function toItems(body: unknown): (() => unknown)[] {
  const items = body instanceof JsonLines ? body.lines : body;
  if (!Array.isArray(items)) {
    throw new DredError("invalid-shape", "the body must be a JSON array of messages, or ND-JSON");
  }
  if (items.length > limits.POST_MANY_MAX) {
    const detail = `at most ${limits.POST_MANY_MAX} messages in one request`;
    throw new DredError("invalid-shape", detail);
  }
  if (!(body instanceof JsonLines)) return items.map((item: unknown) => () => item);
  return body.lines.map((line) => () => parseLine(line));
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new DredError("invalid-json", "this line is not JSON", { cause });
  }
}
