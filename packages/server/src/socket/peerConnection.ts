import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Connection } from "../replica/ports/Connection.ts";

/** RFC 6455, 7.4.1. */
const TOO_BIG = 1009;

/** A peer's accepted WebSocket as the port that links use. */
export function createPeerConnection(socket: WebSocket, transport: Socket): Connection {
  // What arrives before somebody listens stays in the network's own buffers.
  socket.pause();
  let fault: string | undefined;
  // Without a listener an error would end the process; a close always follows it.
  socket.on("error", ({ message }) => (fault = message));
  return {
    isLoopback: isLoopbackAddress(transport.remoteAddress),
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    get receivedBytes() {
      return transport.bytesRead;
    },
    send(text) {
      if (socket.readyState === socket.OPEN) socket.send(text);
    },
    close() {
      socket.resume();
      socket.close();
    },
    onMessage(listener) {
      socket.on("message", (data, isBinary) => {
        if (isBinary) socket.close(1003, "text only");
        else listener((data as Buffer).toString());
      });
      socket.resume();
    },
    onClose(listener) {
      if (socket.readyState === socket.CLOSED) listener(fault);
      else socket.once("close", (code) => listener(fault ?? faultOf(code)));
    },
  };
}

/** Which of our messages the other end could not take, by the code with which it closed. */
function faultOf(code: number): string | undefined {
  return code === TOO_BIG ? "the other end refuses a message of this size" : undefined;
}

/** Whether an address, as a socket tells it, is one of this machine's own (RFC 1122, RFC 4291). */
export function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false;
  return address === "::1" || /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/i.test(address);
}
