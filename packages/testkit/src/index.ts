export { describeStoreContract } from "./contracts/storeContract.ts";
export type { StoreHarness } from "./contracts/StoreSubject.ts";
export {
  chainOf,
  commitOf,
  entriesAfter,
  first,
  indexedAt,
  news,
  rangeOf,
  second,
  windowMs,
} from "./contracts/storeSamples.ts";
export { redisUrl } from "./redisFixture.ts";
export { freePort } from "./drill/freePort.ts";
export { RedisProcess } from "./drill/RedisProcess.ts";
export { silentLog } from "./silentLog.ts";
export { TcpProxy } from "./TcpProxy.ts";
export { RedisDisk } from "./RedisDisk.ts";
export { eventually } from "./eventually.ts";
export { RawConnection } from "./RawConnection.ts";
export { RawListener } from "./RawListener.ts";
export type { RawLine } from "./RawListener.ts";
export { TestServer, testServerNames } from "./TestServer.ts";
export type { StartOptions, TestServerName } from "./TestServer.ts";
export { linked, mkClientFor, testSetup } from "./testSetup.ts";
export type { TestSetup, TestSetupOptions } from "./testSetup.ts";
export { bodyOf } from "./bodyOf.ts";
export type { AnswerBody } from "./bodyOf.ts";
