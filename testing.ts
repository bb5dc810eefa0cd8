/**
 * For tests: a real IMAP server in a line, and a kit that every storage has to pass.
 *
 * {@linkcode testServer} starts a server in memory, on free ports, for as long as a test needs it. It can be
 * filled and looked into, it records what is said, it fails when told to, its clock can be set, and it can
 * look like another server.
 *
 * ```ts
 * import { message, testServer } from "@x/imapd/testing";
 *
 * await using server = await testServer({ users: { alice: "secret" } });
 * await server.deliver("alice", message({ subject: "Hi" }));
 * ```
 *
 * @module
 */

export { testServer } from "./testing/test_server.ts";
export type {
  TestMessages,
  TestServer,
  TestServerOptions,
} from "./testing/test_server_types.ts";
export {
  type Attachment,
  message,
  type MessageOptions,
  type TestMail,
  type TestMessage,
} from "./testing/message.ts";
export {
  type MailboxContents,
  StoredMessage,
} from "./testing/mailbox_contents.ts";
export { type Moment, TestClock } from "./testing/clock.ts";
export {
  bad,
  bye,
  cutLiteral,
  cutUpload,
  delay,
  drop,
  type Fault,
  type FaultHandle,
  type FaultMatch,
  type Faults,
  no,
  silence,
} from "./testing/faults.ts";
export {
  Transcript,
  type TranscriptConnection,
  TranscriptLine,
} from "./testing/transcript.ts";
export type { ScriptOptions } from "./testing/transcript_script.ts";
export type { WireLiteral, WirePieces } from "./testing/wire_scanner.ts";
export type { Namespace, Persona } from "./testing/persona.ts";
export { type PersonaName, PERSONAS } from "./testing/personas.ts";
export {
  Departure,
  type ReplayOptions,
  type ReplayServer,
  replayServer,
} from "./testing/replay.ts";
export {
  type ConformanceOptions,
  type ConformanceTest,
  type OpenOptions,
  type OpenStorage,
  storageConformance,
  testStorage,
} from "./testing/conformance/mod.ts";
