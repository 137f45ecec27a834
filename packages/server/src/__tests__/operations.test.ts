import { readFileSync } from "node:fs";
import { testSetup } from "@dred/testkit";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

/* What docs/ promise to who runs servers is there, and what is there is in docs/. */

const operations = document("operations.md");
const dashboard = JSON.parse(document("grafana-dashboard.json")) as unknown;
const alerts = parse(document("alerts.yml")) as Alerts;

interface Alerts {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}

const rules = alerts.groups.flatMap((group) => group.rules);

function document(name: string): string {
  return readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), "utf8");
}

/** Names of metrics in a text, without what a histogram adds to its name. */
function metricsIn(text: string): Set<string> {
  const names = text.match(/\b(?:dred|nodejs|process)_[a-z0-9_]+/g) ?? [];
  return new Set(names.map((name) => name.replace(/_(?:bucket|count|sum)$/, "")));
}

/** All strings below the key `expr`, and the queries of variables. */
function expressionsIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]: [string, unknown]) =>
    ["expr", "query"].includes(key) && typeof each === "string" ? [each] : expressionsIn(each),
  );
}

describe("the documents for who runs servers", () => {
  it("name the metrics that a server exports, each of them, and no others", async () => {
    const { agent } = await testSetup();
    const { text } = await agent.get("/metrics").expect(200);
    const exported = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name));
    const used = [...expressionsIn(dashboard), ...rules.map(({ expr }) => expr)].join("\n");

    expect([...metricsIn(used)].filter((name) => !exported.has(name))).toEqual([]);
    expect([...metricsIn(operations)].filter((name) => !exported.has(name))).toEqual([]);
    const own = [...exported].filter((name) => name.startsWith("dred_"));
    expect(own.filter((name) => !metricsIn(operations).has(name))).toEqual([]);
    expect(own.filter((name) => !metricsIn(used).has(name))).toEqual([]);
  });

  it("say of each alarm what it means", () => {
    const headings = [...operations.matchAll(/^### (\S+)$/gm)].map(([, name]) => name);
    const names = rules.map(({ alert }) => alert);
    expect(names.length).toBeGreaterThan(10);
    expect(new Set(headings)).toEqual(new Set(names));
  });

  it("have alert rules as Prometheus wants them", () => {
    for (const { expr, labels, annotations } of rules) {
      expect(expr).not.toBe("");
      expect(["warning", "critical"]).toContain(labels.severity);
      expect(annotations.summary).toContain("{{ $labels.instance }}");
      expect(countOf(expr, "(")).toBe(countOf(expr, ")"));
    }
  });
});

function countOf(text: string, part: string): number {
  return text.split(part).length - 1;
}
