import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { deriveScramKeys } from "../protocol/sasl/scram_keys.ts";
import {
  formatScramRecord,
  makeScramRecord,
  parseScramRecord,
  type ScramRecord,
} from "./scram_record.ts";

// The user of RFC 7677 § 3, whose password is `pencil`.
const PENCIL =
  "{SCRAM-SHA-256}4096,W22ZaJ0SNY7soEsUEjb6gQ==,WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

async function verifyScramRecord(
  password: string,
  { hash, salt, iterations, storedKey }: ScramRecord,
): Promise<boolean> {
  const keys = await deriveScramKeys(hash, password, salt, iterations);
  return keys.storedKey.toBase64() === storedKey.toBase64();
}

Deno.test("a record is read, written and verified", async () => {
  const record = parseScramRecord(PENCIL);
  assert(record !== undefined);
  assertEquals(record.iterations, 4_096);
  assertEquals(formatScramRecord(record), PENCIL);
  assert(await verifyScramRecord("pencil", record));
  assert(!await verifyScramRecord("pencils", record));
});

Deno.test("a record is made with a salt of its own", async () => {
  for (const hash of ["SHA-1", "SHA-256"] as const) {
    const options = { hash, iterations: 5_000 };
    const text = await makeScramRecord("caf\u00e9", options);
    assertNotEquals(await makeScramRecord("caf\u00e9", options), text);
    const record = parseScramRecord(text)!;
    assertEquals([record.hash, record.iterations], [hash, 5_000]);
    assert(await verifyScramRecord("cafe\u0301", record));
    assert(!await verifyScramRecord("cafe", record));
  }
  assert((await makeScramRecord("x")).startsWith("{SCRAM-SHA-256}4096,"));
});

Deno.test("other text is no record", () => {
  for (
    const text of [
      "",
      "$argon2id$v=19$m=19456,t=2,p=1$onTTZq+IIiUfiqQWCejrvw$x",
      PENCIL.replace("4096", "0"),
      PENCIL.replace("4096", "-1"),
      PENCIL.replace("4096", "10000001"),
      PENCIL.replace("SHA-256", "SHA-1"),
      PENCIL.replace("SHA-256", "SHA-512"),
      PENCIL.replace("W22Z", "W22!"),
      PENCIL.replace("gQ==", "gQ"),
      PENCIL.replace("gQ==", "gR=="),
      PENCIL.replace("wfPL", ""),
      PENCIL + ",",
    ]
  ) assertEquals(parseScramRecord(text), undefined, text);
});
