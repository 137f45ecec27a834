import cors from "@fastify/cors";
import { DredError, limits } from "@dred/protocol";
import { fastify } from "fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { acceptJson, acceptJsonLines } from "./bodyParsers.ts";
import { answerBrokenRequest } from "./brokenRequest.ts";
import { toAnswerable } from "./errorAnswer.ts";
import type { HttpContext } from "./HttpContext.ts";
import type { Route } from "./Route.ts";
import { createRoutes, methodsOf } from "./routes.ts";

/** Room for a cursor of 256 origins in a query. */
const HEADER_BYTES_MAX = 65_536;
const HEADERS_MS_MAX = 10_000;
const REQUEST_MS_MAX = 30_000;
const TIMEOUT_LOOK_MS = 2_000;
const KEEP_ALIVE_MS = 72_000;
const JSON_TYPE = "application/json; charset=utf-8";

/**
 * The HTTP side of a server. It logs no request and hooks into none but for CORS: posts are
 * answered at 10,000 a second.
 */
export async function createHttpApp(context: HttpContext): Promise<FastifyInstance> {
  const answerError = errorAnswerer(context);
  const app = fastify({
    logger: false,
    bodyLimit: limits.BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: "idle",
    return503OnClosing: false, // the calls say so themselves, in the form of all errors
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, _request, reply) => answerError(error, reply),
    routerOptions: { maxParamLength: HEADER_BYTES_MAX }, // names are checked by their own rule
    http: {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_MS_MAX,
      connectionsCheckingInterval: TIMEOUT_LOOK_MS,
    },
  });
  acceptJson(app);
  app.setErrorHandler((error, _request, reply) => answerError(error, reply));
  // Loaded before the routes, so that errors can be read from any origin too.
  await app.register(cors, {
    origin: "*",
    methods: ["GET", "HEAD", "POST", "DELETE"],
    exposedHeaders: ["Retry-After", "Allow"],
    maxAge: 86_400,
  });
  addRoutes(app, createRoutes(context), answerError);
  return app;
}

type AnswerError = (error: unknown, reply: FastifyReply) => void;

function addRoutes(app: FastifyInstance, routes: readonly Route[], answerError: AnswerError): void {
  // Before the body is looked at: a wrong path or method is the first thing to say.
  app.addHook("onRequest", (request, reply, done) => {
    if (request.is404) answerError(noRoute(request, reply, routes), reply);
    else done();
  });
  app.setNotFoundHandler((request, reply) => answerError(noRoute(request, reply, routes), reply));
  for (const route of routes) {
    if (route.acceptsLines !== true) addRoute(app, route);
    else {
      void app.register((scope, _options, done) => {
        acceptJsonLines(scope);
        addRoute(scope, route);
        done();
      });
    }
  }
}

function addRoute(app: FastifyInstance, route: Route): void {
  app.route({
    method: route.method,
    url: route.path,
    handler: async (request, reply) => {
      const answer = await route.handle(request, reply);
      if (reply.sent) return reply;
      void reply.header("content-type", JSON_TYPE);
      return typeof answer === "string" ? answer : JSON.stringify(answer);
    },
  });
}

function errorAnswerer({ log }: HttpContext): AnswerError {
  return (thrown, reply) => {
    const error = toAnswerable(thrown, log);
    if (error.isRetryable) void reply.header("retry-after", "1");
    // The framework would close the connection while a body still comes, and the reset could
    // overtake this answer. So the rest is read away, for as long as a request may take.
    reply.removeHeader("connection");
    void reply
      .code(error.status)
      .header("content-type", JSON_TYPE)
      .send(JSON.stringify({ error: error.detail, code: error.code }));
  };
}

function noRoute(
  request: FastifyRequest,
  reply: FastifyReply,
  routes: readonly Route[],
): DredError {
  const path = request.url.split("?", 1)[0] ?? "";
  const methods = methodsOf(path, routes);
  const shown = path.length > 80 ? `${path.slice(0, 79)}…` : path;
  if (methods.length === 0) return new DredError("unknown-route", `there is no path ${shown}`);
  void reply.header("allow", methods.join(", "));
  const detail = `${request.method} is not possible on ${shown}; use ${methods.join(" or ")}`;
  return new DredError("wrong-method", detail);
}
