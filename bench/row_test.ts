import { assertRejects } from "@std/assert";
import { Archive, Bench } from "./row.ts";
import { startScripted } from "./scripted_server.ts";

Deno.test("Sessions that wait for an answer end with their row", async () => {
  using server = await startScripted(
    { write: "* OK ready\r\nt0 OK logged in\r\n", size: 100 },
  );
  const target = {
    name: "scripted",
    note: "",
    hostname: "127.0.0.1",
    port: server.port,
    user: "u",
    password: "p",
    mayBlock: true,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const bench = new Bench(target, new Archive(1), true);
  const client = await bench.login();
  const waiting = client.run("NOOP");
  bench.closeSessions();
  await assertRejects(() => waiting, Error, "closed");
});
