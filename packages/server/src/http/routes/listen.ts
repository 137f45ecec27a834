import type { HttpContext } from "../HttpContext.ts";
import { parseListenRequests } from "../listenRequests.ts";
import type { Route } from "../Route.ts";
import { NdjsonSink } from "../streams/NdjsonSink.ts";

/** `POST /channels/listen`: ND-JSON, one line an event, until either side ends it */
export function listen(context: HttpContext): Route {
  const { streams, clock } = context;
  return {
    method: "POST",
    path: "/channels/listen",
    handle(request, reply) {
      const requests = parseListenRequests(request.body, context.neighborhood);
      const replica = context.replica();
      streams.checkRoom(request.ip);
      const sink = new NdjsonSink(reply.raw, () => clock.steady());
      // Refused, if at all, before the head is sent.
      const listening = replica.listen(requests, sink);
      reply.hijack();
      streams.add(sink, request.ip);
      reply.raw.on("close", () => {
        listening.close();
        streams.remove(sink);
      });
      sink.open();
      return undefined;
    },
  };
}
