export { createServer } from "./createServer.ts";
export type { ServerOverrides } from "./createServer.ts";
export { DredServer } from "./DredServer.ts";
export { createLog } from "./observe/createLog.ts";
export { systemClock } from "./observe/systemClock.ts";
export type { Config, ConfiguredHost } from "./config/Config.ts";
export { configOptions, variableOf } from "./config/options.ts";
export type { ConfigKey, ConfigOption } from "./config/options.ts";
export { parseConfig } from "./config/parseConfig.ts";
export type { ParsedConfig } from "./config/parseConfig.ts";
export type { ConfigSources } from "./config/readValues.ts";
export type { Clock, Random } from "./replica/ports/Clock.ts";
export type { Log } from "./replica/ports/Log.ts";
export type {
  CallOptions,
  CommitReply,
  LogFault,
  OpenRequest,
  Range,
  Skip,
  Store,
  StoredChannel,
  StoreOwner,
  RegistryWrite,
  StoreSession,
  Trim,
} from "./replica/ports/Store.ts";
export type { DiskChannel } from "./store/memory/DiskChannel.ts";
export { MemoryDisk } from "./store/memory/MemoryDisk.ts";
export type { DiskFault, DiskOperation, DiskSnapshot } from "./store/memory/MemoryDisk.ts";
export { createMemoryStore } from "./store/memory/MemoryStore.ts";
export type { MemoryStoreOptions } from "./store/memory/MemoryStore.ts";
export { createRedisStore } from "./store/redis/RedisStore.ts";
export type { RedisStoreOptions } from "./store/redis/RedisStore.ts";
export { nodeHash } from "./observe/nodeHash.ts";
export { keepReplica } from "./replica/keepReplica.ts";
export type { ReplicaKeeper } from "./replica/keepReplica.ts";
export type { ReplicaOptions } from "./replica/openReplica.ts";
export type { Connection, Dial } from "./replica/ports/Connection.ts";
export type {
  HistoryPage,
  LineSink,
  Listening,
  ListenRequest,
  ListenStart,
  OriginStatus,
  PostReply,
  Replica,
  ReplicationStatus,
} from "./replica/Replica.ts";
