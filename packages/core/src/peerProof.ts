import type { HelloFrame } from "@dred/protocol";

/** HMAC-SHA256 of the text under the secret, as hexadecimal digits, given by the platform. */
export type Hmac = (secret: string, text: string) => string;

/**
 * What an end of a link shows to prove that it knows the neighborhood's secret, without
 * telling it: an HMAC over its role, both nonces and who both say they are. The role keeps
 * one end's proof from being played back as the other's (RFC 2104 for the HMAC).
 * Without a secret there is nothing to prove and the text is empty.
 */
export function peerProof(
  hmac: Hmac,
  secret: string | undefined,
  handshake: {
    readonly role: "dialler" | "acceptor";
    readonly dialler: HelloFrame;
    readonly acceptor: HelloFrame;
  },
): string {
  if (secret === undefined) return "";
  const { role, dialler, acceptor } = handshake;
  return hmac(secret, JSON.stringify(["dred-peer-1", role, claims(dialler), claims(acceptor)]));
}

function claims(hello: HelloFrame): readonly unknown[] {
  return [
    hello.neighborhood,
    hello.serverId,
    hello.storeId,
    hello.instance,
    hello.epoch,
    hello.url,
    hello.nonce,
  ];
}
