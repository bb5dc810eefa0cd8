import { assert, assertEquals, assertFalse } from "@std/assert";
import { Admission } from "./admission.ts";

const LIMITS = {
  maxConnections: 3,
  maxConnectionsPerAddress: 2,
  maxConnectionsPerUser: 1,
};

Deno.test("connections are counted altogether and by address", () => {
  const admission = new Admission(LIMITS);
  assert(admission.enter("192.0.2.1"));
  assert(admission.enter("::ffff:192.0.2.1"));
  assertFalse(admission.enter("192.0.2.1"));
  assert(admission.enter("192.0.2.2"));
  assertFalse(admission.enter("192.0.2.3"));
  assertEquals(admission.connections, 3);
  admission.leave("192.0.2.1");
  assert(admission.enter("192.0.2.3"));
});

Deno.test("addresses of one IPv6 network count as one", () => {
  const admission = new Admission(LIMITS);
  assert(admission.enter("2001:db8::1"));
  assert(admission.enter("2001:db8:0:0:5::9"));
  assertFalse(admission.enter("2001:db8:0:0:ffff:ffff:ffff:ffff"));
  assert(admission.enter("2001:db8:0:1::1"));
});

Deno.test("sessions are counted by user", () => {
  const admission = new Admission(LIMITS);
  assert(admission.login("alice"));
  assertFalse(admission.login("alice"));
  assert(admission.login("bob"));
  admission.logout("alice");
  assert(admission.login("alice"));
});
