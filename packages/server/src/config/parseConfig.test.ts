import { describe, expect, test } from "vitest";
import type { Config } from "./Config.ts";
import { configOptions, variableOf } from "./options.ts";
import { parseConfig } from "./parseConfig.ts";
import type { ConfigSources } from "./readValues.ts";

const required = { serverId: "first", neighborhood: "nb1", store: "memory:" };

type Given = Partial<Omit<ConfigSources, "readFile">> & {
  readonly files?: Readonly<Record<string, string>>;
};

function parse({ files = {}, ...given }: Given): ReturnType<typeof parseConfig> {
  const readFile = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw new Error("no such file");
    return text;
  };
  return parseConfig({ flags: {}, environment: {}, ...given, readFile });
}

function configOf(given: Given): Config {
  const parsed = parse(given);
  if (parsed.kind === "faults") throw new Error(parsed.faults.join("\n"));
  return parsed.config;
}

function faultsOf(given: Given): string {
  const parsed = parse(given);
  return parsed.kind === "faults" ? parsed.faults.join("\n") : "";
}

describe("configuration of a server", () => {
  test("a flag counts before its environment variable, and that before the file", () => {
    const given = {
      flags: { ...required, config: "dred.json", port: "1001" },
      environment: { DRED_PORT: "1002", DRED_ADDRESS: "127.0.0.2" },
      files: { "dred.json": '{"port": 1003, "address": "127.0.0.3", "join": "http://a:1/"}' },
    };

    const config = configOf(given);

    expect(config).toMatchObject({ port: 1001, address: "127.0.0.2", join: "http://a:1" });
  });

  test("all faults are told at once, each by the name under which it was given", () => {
    const faults = faultsOf({
      flags: { config: "dred.json", port: "70000", host: ["second"] },
      environment: { DRED_STORE: "redis://127.0.0.1:6379/0" },
      files: { "dred.json": '{"nieghborhood": "nb1", "join": true}' },
    });

    expect(faults.split("\n")).toHaveLength(7);
    expect(faults).toContain('--port "70000": must be a whole number from 1 to 65535');
    expect(faults).toContain('--host "second": must be like second=http://127.0.0.1:3030');
    expect(faults).toContain('DRED_STORE "redis://127.0.0.1:6379/0": names database 0');
    expect(faults).toContain('"nieghborhood" in dred.json is no option');
    expect(faults).toContain('"join" in dred.json must be text');
    expect(faults).toContain("--server-id is missing");
    expect(faults).toContain("--neighborhood is missing");
  });

  test("REDIS_URL is the store of last resort, and needs a numbered database too", () => {
    const flags = { serverId: "first", neighborhood: "nb1" };

    expect(configOf({ flags, environment: { REDIS_URL: "redis://r:6379/4" } }).store).toBe(
      "redis://r:6379/4",
    );
    expect(faultsOf({ flags, environment: { REDIS_URL: "redis://r:6379" } })).toContain(
      "REDIS_URL names no database",
    );
    expect(faultsOf({ flags })).toContain("--store is missing");
  });

  test("hosts are a repeated flag, words of a variable, or an object of the file", () => {
    const hosts = [
      { id: "second", url: "http://127.0.0.1:3030" },
      { id: "third", url: "http://127.0.0.1:3031" },
    ];
    const texts = hosts.map(({ id, url }) => `${id}=${url}`);
    const object = Object.fromEntries(hosts.map(({ id, url }) => [id, url]));
    const file = { "dred.json": JSON.stringify({ host: object }) };

    expect(configOf({ flags: { ...required, host: texts } }).hosts).toEqual(hosts);
    expect(
      configOf({ flags: required, environment: { DRED_HOST: texts.join(" ") } }).hosts,
    ).toEqual(hosts);
    expect(configOf({ flags: { ...required, config: "dred.json" }, files: file }).hosts).toEqual(
      hosts,
    );
    expect(faultsOf({ flags: { ...required, host: [...texts, "third=http://x:1"] } })).toContain(
      "--host third is given twice",
    );
  });

  test("listening on all addresses needs to be told the public URL", () => {
    const everywhere = { ...required, address: "0.0.0.0" };

    expect(faultsOf({ flags: everywhere })).toContain("--public-url is missing");
    expect(
      configOf({ flags: { ...everywhere, publicUrl: "http://a.example:3029/" } }),
    ).toMatchObject({ publicUrl: "http://a.example:3029" });
    expect(configOf({ flags: { ...required, address: "::1" } }).publicUrl).toBe(
      "http://[::1]:3029",
    );
  });

  test("a secret is read from its file, trimmed, never too short and never told", () => {
    const flags = { ...required, secretFile: "secret" };

    expect(configOf({ flags, files: { secret: " sixteen letters!\n" } }).secret).toBe(
      "sixteen letters!",
    );
    const faults = faultsOf({ flags, files: { secret: "hunter2" } });
    expect(faults).toContain("at least 16 characters");
    expect(faults).not.toContain("hunter2");
    expect(faultsOf({ flags })).toContain("the secret in secret cannot be read");
  });

  test("LOGGING and REDIS_MONITOR are read in lower case too, and 0 is off", () => {
    expect(configOf({ flags: required, environment: { logging: "1" } }).isFlowLogged).toBe(true);
    expect(configOf({ flags: required, environment: { LOGGING: "0" } }).isFlowLogged).toBe(false);
    expect(configOf({ flags: required, environment: { redis_monitor: "1" } })).toMatchObject({
      isRedisMonitored: true,
    });
  });

  test("a switch is a bare flag, a variable or true in the file, and nothing else", () => {
    const file = (text: string): Given => ({
      flags: { ...required, config: "dred.json" },
      files: { "dred.json": text },
    });

    expect(configOf({ flags: required }).isEpochForced).toBe(false);
    expect(configOf({ flags: { ...required, newEpoch: "true" } }).isEpochForced).toBe(true);
    const environment = { DRED_NEW_EPOCH: "1" };
    expect(configOf({ flags: required, environment }).isEpochForced).toBe(true);
    expect(configOf(file('{"newEpoch": true}')).isEpochForced).toBe(true);
    expect(faultsOf(file('{"newEpoch": null}'))).toContain("must be true or false");
    expect(faultsOf({ flags: required, environment: { DRED_NEW_EPOCH: "maybe" } })).toContain(
      'DRED_NEW_EPOCH "maybe": must be true or false',
    );
  });

  test("every option has a variable of its own", () => {
    const variables = Object.values(configOptions).map(variableOf);

    expect(new Set(variables).size).toBe(variables.length);
    expect(variableOf(configOptions.serverId)).toBe("DRED_SERVER_ID");
  });
});
