import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseClientFinal, parseClientFirst } from "./scram_message.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const first = (text: string) => parseClientFirst(bytes(text));
const final = (text: string) => parseClientFinal(bytes(text));

Deno.test("the messages of RFC 5802 § 5", () => {
  assertEquals(first("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL"), {
    flag: "n",
    binding: undefined,
    authzid: undefined,
    user: "user",
    nonce: "fyko+d2lbbFgONRv9qkxdawL",
    header: "n,,",
    bare: "n=user,r=fyko+d2lbbFgONRv9qkxdawL",
  });
  const withoutProof = "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j";
  assertEquals(final(`${withoutProof},p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=`), {
    binding: "biws",
    nonce: "fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
    proof: Uint8Array.fromBase64("v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="),
    withoutProof,
  });
});

Deno.test("a binding, another name, quoting and extensions", () => {
  const message = first("p=tls-exporter,a=b=3D=2Cc,n=x=2C=3Dy,r=abc,x=1,Y=a=b");
  assert(message !== undefined);
  assertEquals(message.flag, "p");
  assertEquals(message.binding, "tls-exporter");
  assertEquals(message.header, "p=tls-exporter,a=b=3D=2Cc,");
  assertEquals(message.authzid, "b=,c");
  assertEquals(message.user, "x,=y");
  assertEquals(message.bare, "n=x=2C=3Dy,r=abc,x=1,Y=a=b");
  // Undone once: what comes of it is not quoting again.
  assertEquals(first("n,,n==3D2C,r=abc")?.user, "=2C");
  assertEquals(first("y,,n=\u00e9,r=abc")?.user, "\u00e9");
  const last = final("c=biws,r=abc,x=1,Y=a=b,p=AAAA");
  assertEquals(last?.withoutProof, "c=biws,r=abc,x=1,Y=a=b");
});

Deno.test("first messages that are none", () => {
  for (
    const message of [
      "",
      "n",
      "n,,",
      "n,,n=alice",
      "n,,r=abc",
      "n,,r=abc,n=alice",
      "n,,n=,r=abc",
      "n,,n=alice,r=",
      "x,,n=alice,r=abc",
      "N,,n=alice,r=abc",
      "n=x,,n=alice,r=abc",
      "p,,n=alice,r=abc",
      "p=,,n=alice,r=abc",
      "p=a b,,n=alice,r=abc",
      "n,a=,n=alice,r=abc",
      "n,x=alice,n=alice,r=abc",
      "n,,n=al=ice,r=abc",
      "n,,n=al=2cice,r=abc",
      "n,a=al=,n=alice,r=abc",
      "n,,n=alice,r=a b",
      "n,,n=alice,r=a\u00e9",
      "n,,n=alice,r=abc,",
      "n,,n=alice,r=abc,x",
      "n,,n=alice,r=abc,x=",
      "n,,n=alice,r=abc,x=1\0",
      "n,,n=alice,r=abc\n",
      "\ufeffn,,n=alice,r=abc",
      // A mandatory extension (§ 5.1), wherever it stands; what has a meaning is no extension.
      "n,,m=x,n=alice,r=abc",
      "n,,n=alice,r=abc,m=x",
      "n,,n=alice,r=abc,r=abd",
      "n,,n=alice,r=abc,i=1",
      `n,,n=${"x".repeat(4_096)},r=abc`,
      `n,,n=alice,r=${"x".repeat(4_096)}`,
    ]
  ) assertEquals(first(message), undefined, message);
  const latin1 = Uint8Array.from("n,,n=\xff,r=abc", (c) => c.charCodeAt(0));
  assertEquals(parseClientFirst(latin1), undefined);
});

Deno.test("last messages that are none", () => {
  for (
    const message of [
      "",
      "c=biws,r=abc",
      "c=biws,p=AAAA",
      "r=abc,p=AAAA",
      "r=abc,c=biws,p=AAAA",
      "c=,r=abc,p=AAAA",
      "c=biws,r=,p=AAAA",
      "c=biws,r=abc,p=",
      "c=biws,r=abc,p=AAA",
      "c=biws,r=abc,p=AAB=",
      "c=biws,r=abc,p=AA=A",
      "c=biws,r=abc,p=AA A",
      "c=biws,r=abc,p=AAAA,x=1",
      "c=biws,r=abc,m=x,p=AAAA",
      "c=biws,r=abc,p=AAAA,p=AAAA",
      "c=biws,r=abc,p=AAAA\n",
      `c=biws,r=abc,x=${"y".repeat(4_096)},p=AAAA`,
    ]
  ) assertEquals(final(message), undefined, message);
});

Deno.test("what is read of any bytes is all of them, or nothing", () => {
  const piece = fc.oneof(
    fc.constantFrom(..."npyarcmx=,"),
    fc.constantFrom("n,,", "n=", "r=", ",r=", "c=biws", ",p=AAAA", "=2C"),
    fc.string({ unit: "binary", maxLength: 3 }),
  );
  const text = fc.array(piece, { maxLength: 20 }).map((all) => all.join(""));
  fc.assert(fc.property(text, (text) => {
    const one = first(text);
    if (one !== undefined) {
      assertEquals(one.header + one.bare, text);
      assert(one.user !== "" && one.nonce !== "");
    }
    const two = final(text);
    if (two !== undefined) {
      assertEquals(`${two.withoutProof},p=${two.proof.toBase64()}`, text);
    }
  }));
});
