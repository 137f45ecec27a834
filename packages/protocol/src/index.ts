export type { ChannelOptions } from "./channelOptions.ts";
export { formatControlLine } from "./controlLine.ts";
export type { ByeReason, ControlLine, GapReason } from "./controlLine.ts";
export { formatCursor, parseCursor } from "./cursor.ts";
export { isLeftOut, newestEpochs } from "./newestEpochs.ts";
export type { Cursor } from "./cursor.ts";
export { assert, DredError, InvariantError, isProblemCode, problems } from "./DredError.ts";
export type { ProblemCode } from "./DredError.ts";
export { encodeLine, isServerField, parseIdentity, toMessageLine } from "./entry.ts";
export type { Entry, LineContext, MessageFields, MessageIdentity } from "./entry.ts";
export { formatFrame, PEER_PROTOCOL } from "./frames.ts";
export type {
  EntriesFrame,
  Frame,
  GapFrame,
  HelloFrame,
  LogHead,
  OriginSummary,
  RegistryRecord,
} from "./frames.ts";
export { comparePositions, formatHead, parseHead, parseMid, START, toMid } from "./head.ts";
export type { Head, Position } from "./head.ts";
export {
  channelNameOf,
  compareEpochs,
  epochOf,
  epochTimeMs,
  generationOf,
  isReservedName,
  parseChannelKey,
  parseChannelName,
  parseEpoch,
  parseNeighborhood,
  parseOriginId,
  parseServerId,
  serverOf,
  toChannelKey,
  toOriginId,
} from "./ids.ts";
export type { ChannelKey, ChannelName, Epoch, Neighborhood, OriginId, ServerId } from "./ids.ts";
export * as limits from "./limits.ts";
export { parseFrame } from "./parseFrame.ts";
export { utf8Length } from "./utf8Length.ts";
export {
  coversAll,
  headOf,
  isCovered,
  parseVectorObject,
  toVectorObject,
} from "./versionVector.ts";
export type { VectorObject, VersionVector } from "./versionVector.ts";
