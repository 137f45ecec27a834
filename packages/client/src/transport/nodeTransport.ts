import { DredError, limits } from "@dred/protocol";
import { WebSocket } from "ws";
import { abortReason } from "../time/abortReason.ts";
import { isLoopbackAddress } from "./loopback.ts";
import type { OpenSocket, PeerConnection } from "./PeerConnection.ts";

const HANDSHAKE_MS_MAX = 5_000;
/** RFC 6455, 7.4.1. */
const TOO_BIG = 1009;

const options = {
  handshakeTimeout: HANDSHAKE_MS_MAX,
  maxPayload: limits.FRAME_BYTES_MAX,
  perMessageDeflate: false,
  // Masks protect proxies from pages in browsers (RFC 6455, 10.3). Between servers they would
  // only cost a pass over every byte.
  generateMask: (mask: Uint8Array): void => void mask.fill(0),
};

/** WebSockets in Node; TCP delay is off, as `ws` does for every socket. */
export const openSocket: OpenSocket = (url, signal) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = new WebSocket(url, options);
    const stop = (): void => socket.terminate();
    let transport: Transport | undefined;
    signal.addEventListener("abort", stop, { once: true });
    socket.once("upgrade", (response) => {
      transport = response.socket;
    });
    socket.once("open", () => {
      signal.removeEventListener("abort", stop);
      resolve(toConnection(socket, transport));
    });
    // Stays for the socket's life: an error without a listener would end the process. After the
    // opening it needs no answer, because a close always follows.
    socket.on("error", (cause) => {
      signal.removeEventListener("abort", stop);
      reject(signal.aborted ? abortReason(signal) : unreachable(url, cause));
    });
  });

/** What is asked of the TCP connection beneath. */
interface Transport {
  readonly remoteAddress?: string | undefined;
  readonly bytesRead: number;
}

function toConnection(socket: WebSocket, transport: Transport | undefined): PeerConnection {
  // What arrives before somebody listens stays in the network's own buffers.
  socket.pause();
  let fault: string | undefined;
  socket.on("error", ({ message }) => (fault = message));
  return {
    isLoopback: isLoopbackAddress(transport?.remoteAddress),
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    get receivedBytes() {
      return transport?.bytesRead ?? 0;
    },
    send(text) {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close() {
      socket.resume();
      socket.close();
    },
    onMessage(listener) {
      socket.on("message", (data, isBinary) => {
        if (isBinary) socket.close(1003, "text only");
        else listener((data as Uint8Array).toString());
      });
      socket.resume();
    },
    onClose(listener) {
      if (socket.readyState === WebSocket.CLOSED) listener(fault);
      else socket.once("close", (code) => listener(fault ?? faultOf(code)));
    },
  };
}

/** Which of our messages the other end could not take, by the code with which it closed. */
function faultOf(code: number): string | undefined {
  return code === TOO_BIG ? "the other end refuses a message of this size" : undefined;
}

function unreachable(url: string, cause: Error): DredError {
  return new DredError("host-unreachable", `no WebSocket at ${url}: ${cause.message}`, { cause });
}
