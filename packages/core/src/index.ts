export { backoffDelayMs } from "./backoff.ts";
export type { BackoffLimits } from "./backoff.ts";
export { canonicalMerge } from "./canonicalMerge.ts";
export type { LogPage, PlacedEntry } from "./canonicalMerge.ts";
export { CHAIN_START, chainThrough, isChainKnown, isOnChain } from "./chainHash.ts";
export type { ChainedHead, Log } from "./chainHash.ts";
export { adopt, chainedHead, configure, createChannelLog } from "./channelLog.ts";
export type { ChannelContent, ChannelLog } from "./channelLog.ts";
export { applyCommit, expectKnown } from "./commitPlan.ts";
export type { CommitPlan, PlannedIdentity } from "./commitPlan.ts";
export { acceptCreation, acceptJoin, checkDeletion } from "./channelRules.ts";
export type { CreationRequest, DeletionRequest, JoinRequest, Verify } from "./channelRules.ts";
export { carriedVector } from "./carriedVector.ts";
export type { CarriedView } from "./carriedVector.ts";
export { causeOfDeath, deadRanges, isDead, isGone } from "./death.ts";
export type { DeadRange, LifeRules } from "./death.ts";
export { decideDelivery } from "./delivery.ts";
export { mintEpoch } from "./epoch.ts";
export {
  boundedNow,
  CLOCK_SKEW_MS_MAX,
  isClockAstray,
  isFromFuture,
  medianOffsetMs,
  nextTs,
} from "./hybridClock.ts";
export {
  contentHash,
  DEDUP_WINDOW_MS_MAX,
  dedupWindowMs,
  formatIndexed,
  identityDigest,
  rollOf,
} from "./identityIndex.ts";
export type { IndexedPosition } from "./identityIndex.ts";
export { memoryShortage } from "./memoryShortage.ts";
export type { JoinLook, MemoryShortage } from "./memoryShortage.ts";
export { emptySummary, moveHead, toOriginSummary } from "./originDigest.ts";
export type { HeadMove, RollingSummary } from "./originDigest.ts";
export { peerProof } from "./peerProof.ts";
export type { Hmac } from "./peerProof.ts";
export { planEntries } from "./planEntries.ts";
export type { ReplicationContext, ReplicationPlan, StopReason } from "./planEntries.ts";
export { continueLog, planReindex } from "./planReindex.ts";
export type { ReindexContext } from "./planReindex.ts";
export { planPosts } from "./planPosts.ts";
export type { PendingPost, PostContext } from "./planPosts.ts";
export { bucketOf, mergeValue, RegistryDigest } from "./registryMerge.ts";
export {
  channelField,
  cutField,
  hostField,
  largestTsOf,
  memberField,
  parseField,
  parseValue,
  isTakenWhenFull,
} from "./registryRecord.ts";
export type {
  ChannelRecord,
  HostRecord,
  MemberRecord,
  RegistryField,
  RegistryValue,
  Stamp,
} from "./registryRecord.ts";
export type { Sha256 } from "./sha256.ts";
export { NO_SOURCE, selectSource, SOURCE_PATIENCE_MS } from "./sourceSelection.ts";
export type { SourceCandidate, SourceState, SourceView } from "./sourceSelection.ts";
export { firstGeneration, isCollectable, noteCollected, wasAwayTooLong } from "./tombstones.ts";
export type { ReturningServer } from "./tombstones.ts";
export { findHeld, historyView, judgeTwins, noteTwin, parseTwins } from "./twins.ts";
export type { TwinVerdict, TwinView } from "./twins.ts";
