import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatOtpWords, parseOtpHex, parseOtpWords } from "./otp_format.ts";
import { OTP_WORDS } from "./otp_dictionary.ts";
import { OTP_ALGORITHMS, otpHash } from "./otp_hash.ts";

Deno.test("the dictionary has 2,048 different words, short ones first, each kind in order", () => {
  assertEquals(new Set(OTP_WORDS).size, 2_048);
  const short = OTP_WORDS.filter((word) => word.length < 4);
  assertEquals(OTP_WORDS.slice(0, short.length), short);
  assertEquals(short.toSorted(), short);
  const long = OTP_WORDS.slice(short.length);
  assertEquals(long.every((word) => /^[A-Z]{4}$/.test(word)), true);
  assertEquals(long.toSorted(), long);
});

Deno.test("hexadecimal digits may have any case and white space anywhere (RFC 2289 § 6)", () => {
  for (
    const [text, value] of [
      ["3503785b369cda8b", "3503785b369cda8b"],
      ["e5cc a1b8 7c13 096b", "e5cca1b87c13096b"],
      ["C7 48 90 F4 27 7B A1 CF", "c74890f4277ba1cf"],
      ["47 9 A68 28 4C 9D 0 1BC", "479a68284c9d01bc"],
      ["\t3503785b369cda8b ", "3503785b369cda8b"],
    ]
  ) assertEquals(parseOtpHex(text!)?.toHex(), value);
  for (
    const text of [
      "",
      "3503785b369cda8",
      "3503785b369cda8b0",
      "0x03785b369cda8b",
      "3503785b369cda8g",
    ]
  ) assertEquals(parseOtpHex(text), undefined);
});

Deno.test("words may have any case and any white space between them (RFC 2289 § 6)", () => {
  const password = parseOtpWords("OUST COAT FOAL MUG BEAK TOTE", "md5");
  assertEquals(password?.length, 8);
  assertEquals(
    parseOtpWords(" oust coat foal  mug\tbeak  tote ", "md5"),
    password,
  );
});

Deno.test("a wrong checksum is refused (RFC 2289 App. C)", () => {
  const right = parseOtpWords("FOWL KID MASH DEAD DUAL OAF", "md5");
  assertEquals(right?.toHex(), "85c43ee03857765b");
  for (const last of ["NUT", "O", "OAK"]) {
    assertEquals(
      parseOtpWords(`FOWL KID MASH DEAD DUAL ${last}`, "md5"),
      undefined,
    );
  }
});

Deno.test("five words, seven, and words of two dictionaries are no password", () => {
  for (
    const text of [
      "",
      "FOWL KID MASH DEAD DUAL",
      "FOWL KID MASH DEAD DUAL OAF OAF",
      "FOWL KID MASH DEAD DUAL Zwölf",
    ]
  ) assertEquals(parseOtpWords(text, "md5"), undefined);
});

Deno.test("words of another dictionary count by their hashes, and their case counts (RFC 2289 App. B)", () => {
  for (const algorithm of OTP_ALGORITHMS) {
    // A dictionary of our own: for each place the first of many made-up words whose hash ends in it.
    const dictionary = new Map<number, string>();
    const encoder = new TextEncoder();
    for (let count = 0; dictionary.size < 2_048; count++) {
      const word = `wort${count}`;
      const hash = otpHash(algorithm, encoder.encode(word));
      const place = Number(BigInt(`0x${hash.toHex()}`) % 2_048n);
      if (!dictionary.has(place)) dictionary.set(place, word);
    }
    const standard = "FOWL KID MASH DEAD DUAL OAF";
    const words = standard.split(" ")
      .map((word) => dictionary.get(OTP_WORDS.indexOf(word))).join(" ");
    assertEquals(
      parseOtpWords(words, algorithm)?.toHex(),
      "85c43ee03857765b",
    );
    assertEquals(parseOtpWords(words.toUpperCase(), algorithm), undefined);
  }
});

Deno.test("what is written is read", () => {
  fc.assert(fc.property(
    fc.uint8Array({ minLength: 8, maxLength: 8 }),
    (password) => {
      assertEquals(parseOtpWords(formatOtpWords(password), "sha1"), password);
      assertEquals(parseOtpHex(password.toHex()), password);
    },
  ));
});
