// A Node test that has a server of its own, as a child process.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { test } from "node:test";

/** Starts a server in memory; `deno` and `imapd` are what to run. */
async function startServer(deno, imapd) {
  const options = ["--kv", ":memory:", "--port", "0", "--tls-port", "0"];
  const users = ["--user", "alice:secret"];
  const child = spawn(deno, ["run", "-A", imapd, ...options, ...users], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ports = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [, kind, port] = /^listening (\w+) .*:(\d+)$/.exec(line) ?? [];
    if (kind !== undefined) ports[kind] = Number(port);
    if ("imap" in ports && "imaps" in ports) break;
  }
  return {
    ports,
    async stop() {
      child.kill();
      await once(child, "exit");
    },
  };
}

test("a server for a Node test", async () => {
  const { DENO = "deno", IMAPD = "jsr:@x/imapd" } = process.env;
  const server = await startServer(DENO, IMAPD);
  try {
    const socket = connect(server.ports.imap);
    socket.write("a LOGIN alice secret\r\nb LOGOUT\r\n");
    let said = "";
    for await (const chunk of socket) said += chunk;
    assert.match(said, /^a OK/m);
    assert.match(said, /^b OK/m);
  } finally {
    await server.stop();
  }
});
