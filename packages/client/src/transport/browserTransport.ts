import { DredError } from "@dred/protocol";
import { abortReason } from "../time/abortReason.ts";
import type { OpenSocket, PeerConnection } from "./PeerConnection.ts";

const HANDSHAKE_MS_MAX = 5_000;

/** The browser's own WebSockets. */
export const openSocket: OpenSocket = (url, signal) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = new WebSocket(url);
    const timer = setTimeout(() => socket.close(), HANDSHAKE_MS_MAX);
    const stop = (): void => socket.close();
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    };
    signal.addEventListener("abort", stop, { once: true });
    socket.addEventListener("open", () => {
      settle();
      resolve(toConnection(socket));
    });
    // A failed opening ends in `close` too; after the opening this rejects what is resolved.
    socket.addEventListener("close", () => {
      settle();
      reject(signal.aborted ? abortReason(signal) : unreachable(url));
    });
  });

/** A browser cannot pause a socket, so what arrives before somebody listens is kept here. */
function toConnection(socket: WebSocket): PeerConnection {
  let listener: ((text: string) => void) | undefined;
  let early: string[] = [];
  let receivedBytes = 0;
  socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (typeof data === "string") receivedBytes += data.length; // whole messages: no more is told
    if (typeof data !== "string") socket.close(1003, "text only");
    else if (listener === undefined) early.push(data);
    else listener(data);
  });
  return {
    isLoopback: false,
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    get receivedBytes() {
      return receivedBytes;
    },
    send(text) {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: () => socket.close(),
    onMessage(given) {
      listener = given;
      for (const text of early) given(text);
      early = [];
    },
    onClose(given) {
      if (socket.readyState === WebSocket.CLOSED) given();
      else socket.addEventListener("close", () => given(), { once: true });
    },
  };
}

function unreachable(url: string): DredError {
  return new DredError("host-unreachable", `no WebSocket at ${url}`);
}
