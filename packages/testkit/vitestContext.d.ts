// What scripts/vitestSetup.mjs gives to every test by `inject`.
import "vitest";

declare module "vitest" {
  export interface ProvidedContext {
    /** The Redis of this test run, without a database number; undefined when there is none. */
    readonly redisUrl: string | undefined;
  }
}
