import { toMid } from "@dred/protocol";
import type { PostReply } from "../replica/Replica.ts";

/** The answer to a post as JSON text: the most frequent one, so it is put together by hand. */
export function formatPostReply(reply: PostReply, ocid: string, acks: number): string {
  const mid = toMid(reply.origin, reply);
  return (
    `{"id":"${mid}","mid":"${mid}","ocid":${JSON.stringify(ocid)},"ts":${reply.ts},` +
    `"status":"${reply.status}","acks":${acks}}`
  );
}
