import { bodyOf } from "@dred/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { createMessage, setupNews } from "./news.ts";
import type { News } from "./news.ts";

let setup: News;

beforeEach(async () => {
  setup = await setupNews();
});

describe("the server about itself", () => {
  it("is alive and ready", async () => {
    await setup.agent.get("/healthz").expect(200);
    await setup.agent.get("/readyz").expect(200);
  });

  it("lists itself among the hosts", async () => {
    const body = await bodyOf(setup.agent.get("/hosts").expect(200));
    const { url } = setup.servers.first;
    expect(body.hosts).toMatchObject([{ id: "first", url, state: "self", lag: 0 }]);
  });

  it("forgets no host that it does not know", async () => {
    const body = await bodyOf(setup.agent.delete("/hosts/nobody").expect(404));
    expect(body.code).toBe("unknown-host");
  });

  it("tells how replication goes, and the vector of one channel", async () => {
    await setup.post(createMessage()).expect(200);
    const body = await bodyOf(setup.agent.get("/replication").expect(200));
    expect(body).toMatchObject({ serverId: "first", readiness: { isReady: true } });
    const one = await setup.agent.get("/replication?channel=news").expect(200);
    expect(JSON.stringify(one.body)).toContain(`"${body.origin}":`);
    await setup.agent.get("/replication?channel=none").expect(404);
  });

  it("lets pages of any origin ask", async () => {
    const response = await fetch(`${setup.url}/channel/news/message`, {
      method: "OPTIONS",
      headers: {
        origin: "https://example.org",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-methods")).toContain("POST");
    expect(response.headers.get("access-control-allow-headers")).toContain("content-type");
  });

  it("says in one sentence that its port is taken", async () => {
    const { createServer } = await import("@dred/server");
    const other = await createServer({ ...setup.server.config, store: "memory:" });
    await expect(other.listen()).rejects.toThrow(/port 53032 .*in use/);
    await setup.agent.get("/healthz").expect(200);
  });
});
