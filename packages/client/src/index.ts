export type {
  ChannelInfo,
  AcceptedGap,
  ChannelLogs,
  CreatedChannel,
  HeldLog,
  History,
  Host,
  LinkStatus,
  LogPage,
  OriginStatus,
  PostReply,
  Readiness,
  ReplicationStatus,
} from "./calls/answers.ts";
export type { LogRange, NewChannel } from "./calls/channels.ts";
export {
  DEV_ENV_SERVERS_MAX,
  DEVELOPMENT_PORT,
  DevEnvLocalDiscovery,
  devEnvHost,
  TEST_PORT,
} from "./discovery/DevEnvLocalDiscovery.ts";
export type { DevEnvLocalOptions } from "./discovery/DevEnvLocalDiscovery.ts";
export type { HostAddress, HostDiscovery } from "./discovery/HostDiscovery.ts";
export { parseHostUrl } from "./discovery/hostUrl.ts";
export { NeighborhoodDiscovery } from "./discovery/NeighborhoodDiscovery.ts";
export type { NeighborhoodDiscoveryOptions } from "./discovery/NeighborhoodDiscovery.ts";
export { StaticHostDiscovery } from "./discovery/StaticHostDiscovery.ts";
export { makeOcid } from "./calls/makeOcid.ts";
export { DredClient } from "./DredClient.ts";
export type {
  DredClientOptions,
  HistoryOptions,
  ListenOptions,
  NewMessage,
  PostOptions,
  SubscribeOptions,
} from "./DredClientOptions.ts";
export type { HostState } from "./hosts/HostPool.ts";
export type { ListenTarget, ListenTargets, Since } from "./listening/ListenTarget.ts";
export type { Message } from "./listening/Message.ts";
export type { MessageStream } from "./listening/MessageStream.ts";
export { generateKey, signString, verifySig } from "./signing/ed25519.ts";
export type { KeyPair } from "./signing/ed25519.ts";
export { isMessage } from "./Subscription.ts";
export type { MessageCallback, Subscribed, Subscription } from "./Subscription.ts";
export type { ClientClock } from "./time/ClientClock.ts";
export type { PeerConnection } from "./transport/PeerConnection.ts";
