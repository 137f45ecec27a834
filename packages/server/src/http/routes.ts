import type { HttpContext } from "./HttpContext.ts";
import type { Route } from "./Route.ts";
import { acceptGap } from "./routes/acceptGap.ts";
import { channelInfo } from "./routes/channelInfo.ts";
import { createChannel } from "./routes/createChannel.ts";
import { deleteChannel } from "./routes/deleteChannel.ts";
import { healthz } from "./routes/healthz.ts";
import { joinChannel } from "./routes/joinChannel.ts";
import { listChannels } from "./routes/listChannels.ts";
import { listen } from "./routes/listen.ts";
import { listHosts } from "./routes/listHosts.ts";
import { listLogs } from "./routes/listLogs.ts";
import { metrics } from "./routes/metrics.ts";
import { postMessage } from "./routes/postMessage.ts";
import { postMessages } from "./routes/postMessages.ts";
import { readHistory } from "./routes/readHistory.ts";
import { readLog } from "./routes/readLog.ts";
import { readyz } from "./routes/readyz.ts";
import { removeHost } from "./routes/removeHost.ts";
import { replication } from "./routes/replication.ts";

/** Every HTTP call; `GET /peer` is a WebSocket and stands in `socket/`. */
export function createRoutes(context: HttpContext): readonly Route[] {
  const table = [
    createChannel,
    channelInfo,
    deleteChannel,
    joinChannel,
    postMessage,
    postMessages,
    readHistory,
    listLogs,
    readLog,
    acceptGap,
    listChannels,
    listen,
    listHosts,
    removeHost,
    replication,
    metrics,
    healthz,
    readyz,
  ];
  return table.map((createRoute) => createRoute(context));
}

/** The methods that a path has, by the table; empty when there is no such path. */
export function methodsOf(path: string, routes: readonly Route[]): string[] {
  const methods = routes
    .filter((route) => patternOf(route.path).test(path))
    .flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  return methods.length === 0 ? [] : [...new Set(methods), "OPTIONS"];
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}$`);
}
