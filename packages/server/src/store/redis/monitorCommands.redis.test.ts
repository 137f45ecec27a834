import { RedisDisk } from "@dred/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { formatMonitorLine, monitorCommands } from "./monitorCommands.ts";

let disk: RedisDisk;
beforeEach(async () => {
  disk = await RedisDisk.open(13);
});
afterEach(() => disk[Symbol.asyncDispose]());

test("prints the commands of its own database, and of no other", async () => {
  await using other = await RedisDisk.open(14);
  const lines: string[] = [];
  const monitor = monitorCommands(disk.url, (line) => lines.push(line));
  const key = disk.key("monitored");

  await expect
    .poll(async () => {
      await other.send("GET", other.key("elsewhere"));
      await disk.send("GET", key);
      return lines.includes(`redis 13 "GET" "${key}"`);
    })
    .toBe(true);

  monitor.close();
  expect(lines.filter((line) => line.includes("elsewhere"))).toEqual([]);
});

test.each(["AUTH", "hello", "CONFIG", "acl", "MIGRATE"])("hides what follows %s", (name) => {
  const line = `1763923555.123456 [13 127.0.0.1:50000] "${name}" "3" "AUTH" "u" "secret"`;

  expect(formatMonitorLine(line, "13")).toBe(`redis 13 "${name}" (hidden)`);
});

test("marks what a script does", () => {
  const line = `1763923555.123456 [13 lua] "HGET" "a" "auth"`;

  expect(formatMonitorLine(line, "13")).toBe(`redis 13 lua "HGET" "a" "auth"`);
  expect(formatMonitorLine("OK", "13")).toBeUndefined();
});
