import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { DredError, limits } from "@dred/protocol";
import { WebSocketServer } from "ws";
import { formatRawAnswer } from "../http/brokenRequest.ts";
import { toAnswerable } from "../http/errorAnswer.ts";
import type { Log } from "../replica/ports/Log.ts";
import type { Replica } from "../replica/Replica.ts";
import { createPeerConnection } from "./peerConnection.ts";

/** Those of peers and of whoever has not shown yet that he is one. */
const SOCKETS_MAX = 1_024;

export interface PeerSocketsOptions {
  /** @throws DredError while there is none. */
  replica(): Replica;
  readonly log: Log;
}

/** The WebSockets of `GET /peer`, on which other servers pull from this one. */
export class PeerSockets {
  readonly #options: PeerSocketsOptions;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.FRAME_BYTES_MAX,
    perMessageDeflate: false,
  });

  constructor(server: Server, options: PeerSocketsOptions) {
    this.#options = options;
    this.#sockets.on("wsClientError", (error, transport) => {
      transport.end(formatRawAnswer(new DredError("invalid-request", error.message)));
    });
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on("error", () => socket.destroy());
      this.#upgrade(request, socket as Socket, head);
    });
  }

  /** Cuts whatever is still open. */
  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
  }

  #upgrade(request: IncomingMessage, transport: Socket, head: Buffer): void {
    try {
      const path = request.url?.split("?", 1)[0] ?? "";
      if (path !== "/peer") throw new DredError("unknown-route", "WebSockets are at /peer only");
      if (this.#sockets.clients.size >= SOCKETS_MAX) {
        throw new DredError("overloaded", `${SOCKETS_MAX} peers are connected already`);
      }
      const replica = this.#options.replica();
      this.#sockets.handleUpgrade(request, transport, head, (socket) => {
        replica.acceptPeer(createPeerConnection(socket, transport));
      });
    } catch (error) {
      transport.end(formatRawAnswer(toAnswerable(error, this.#options.log)));
    }
  }
}
