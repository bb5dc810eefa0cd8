import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { formatOtpWords, parseOtpHex, parseOtpWords } from "./otp_format.ts";
import { type OtpAlgorithm, otpPassword } from "./otp_hash.ts";

/** RFC 2289 Appendix C: hash, pass phrase, seed, number, password in both forms. */
const EXAMPLES = `
md4|This is a test.|TeSt|0|D185 4218 EBBB 0B51|ROME MUG FRED SCAN LIVE LACE
md4|This is a test.|TeSt|1|6347 3EF0 1CD0 B444|CARD SAD MINI RYE COL KIN
md4|This is a test.|TeSt|99|C5E6 1277 6E6C 237A|NOTE OUT IBIS SINK NAVE MODE
md4|AbCdEfGhIjK|alpha1|0|5007 6F47 EB1A DE4E|AWAY SEN ROOK SALT LICE MAP
md4|AbCdEfGhIjK|alpha1|1|65D2 0D19 49B5 F7AB|CHEW GRIM WU HANG BUCK SAID
md4|AbCdEfGhIjK|alpha1|99|D150 C82C CE6F 62D1|ROIL FREE COG HUNK WAIT COCA
md4|OTP's are good|correct|0|849C 79D4 F6F5 5388|FOOL STEM DONE TOOL BECK NILE
md4|OTP's are good|correct|1|8C09 92FB 2508 47B1|GIST AMOS MOOT AIDS FOOD SEEM
md4|OTP's are good|correct|99|3F3B F4B4 145F D74B|TAG SLOW NOV MIN WOOL KENO
md5|This is a test.|TeSt|0|9E87 6134 D904 99DD|INCH SEA ANNE LONG AHEM TOUR
md5|This is a test.|TeSt|1|7965 E054 36F5 029F|EASE OIL FUM CURE AWRY AVIS
md5|This is a test.|TeSt|99|50FE 1962 C496 5880|BAIL TUFT BITS GANG CHEF THY
md5|AbCdEfGhIjK|alpha1|0|8706 6DD9 644B F206|FULL PEW DOWN ONCE MORT ARC
md5|AbCdEfGhIjK|alpha1|1|7CD3 4C10 40AD D14B|FACT HOOF AT FIST SITE KENT
md5|AbCdEfGhIjK|alpha1|99|5AA3 7A81 F212 146C|BODE HOP JAKE STOW JUT RAP
md5|OTP's are good|correct|0|F205 7539 43DE 4CF9|ULAN NEW ARMY FUSE SUIT EYED
md5|OTP's are good|correct|1|DDCD AC95 6F23 4937|SKIM CULT LOB SLAM POE HOWL
md5|OTP's are good|correct|99|B203 E28F A525 BE47|LONG IVY JULY AJAR BOND LEE
sha1|This is a test.|TeSt|0|BB9E 6AE1 979D 8FF4|MILT VARY MAST OK SEES WENT
sha1|This is a test.|TeSt|1|63D9 3663 9734 385B|CART OTTO HIVE ODE VAT NUT
sha1|This is a test.|TeSt|99|87FE C776 8B73 CCF9|GAFF WAIT SKID GIG SKY EYED
sha1|AbCdEfGhIjK|alpha1|0|AD85 F658 EBE3 83C9|LEST OR HEEL SCOT ROB SUIT
sha1|AbCdEfGhIjK|alpha1|1|D07C E229 B5CF 119B|RITE TAKE GELD COST TUNE RECK
sha1|AbCdEfGhIjK|alpha1|99|27BC 7103 5AAF 3DC6|MAY STAR TIN LYON VEDA STAN
sha1|OTP's are good|correct|0|D51F 3E99 BF8E 6F0B|RUST WELT KICK FELL TAIL FRAU
sha1|OTP's are good|correct|1|82AE B52D 9437 74E4|FLIT DOSE ALSO MEW DRUM DEFY
sha1|OTP's are good|correct|99|4F29 6A74 FE15 67EC|AURA ALOE HURL WING BERG WAIT
`.trim().split("\n").map((line) => line.split("|"));

for (const [algorithm, phrase, seed, number, hex, words] of EXAMPLES) {
  Deno.test(`RFC 2289 App. C: ${algorithm}, "${phrase}", ${number}`, () => {
    const hash = algorithm as OtpAlgorithm;
    const password = otpPassword(hash, seed!, phrase!, Number(number));
    assertEquals(password, parseOtpHex(hex!));
    assertEquals(formatOtpWords(password), words);
    assertEquals(parseOtpWords(words!, hash), password);
  });
}

Deno.test("RFC 2444 § 5: passwords of its examples", () => {
  const first = otpPassword("md5", "ke1234", "This is a test.", 499);
  assertEquals(first.toHex(), "5bf075d9959d036f");
  assertEquals(formatOtpWords(first), "BOND FOGY DRAB NE RISE MART");
  const second = otpPassword("md5", "ke1235", "This is a test.", 499);
  assertEquals(second.toHex(), "3712dcb4aa5316c1");
  const imap = otpPassword("md5", "ke1234", "this is a test", 123);
  assertEquals(imap.toHex(), "11d4c147e227c1f1");
});

Deno.test("RFC 2444 § 5: its password by SHA-1 has the words of the hash in the other order, against RFC 2289", () => {
  const fold = (data: Uint8Array) => {
    const folded = new Uint8Array(8);
    const digest = createHash("sha1").update(data).digest();
    digest.forEach((byte, index) => folded[index % 8]! ^= byte);
    return folded;
  };
  let password = fold(new TextEncoder().encode("ke1234This is a test."));
  for (let count = 0; count < 499; count++) password = fold(password);
  assertEquals(password.toHex(), "c90fc02cc488df5e");
  const ours = otpPassword("sha1", "ke1234", "This is a test.", 499);
  assertEquals(ours.toHex(), "1ef48366d04873e0");
});
