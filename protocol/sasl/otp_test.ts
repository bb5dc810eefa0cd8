import { assertEquals } from "@std/assert";
import type { Identity } from "../identity.ts";
import type { Step } from "./exchange.ts";
import { otp } from "./otp.ts";
import { formatOtpWords } from "./otp_format.ts";
import { otpPassword } from "./otp_hash.ts";
import type { OtpLogin, OtpSeries, SaslServer } from "./server.ts";
import { skey } from "./skey.ts";

const encoder = new TextEncoder();

/** A server where tim logs in by one-time password; `used` and `closed` say what became of it. */
function serverWith(login: Partial<OtpLogin> | undefined) {
  const used: { password: string; next: OtpSeries | undefined }[] = [];
  const asked: (string | undefined)[][] = [];
  let closed = 0;
  const server: SaslServer = {
    backend: {
      mechanisms: new Set(["OTP", "SKEY"]),
      account: (user) => Promise.resolve({ user }),
      otp: (user, algorithm) => {
        asked.push([user, algorithm]);
        return Promise.resolve(
          login && {
            ...{ algorithm: "md5", sequence: 499, seed: "ke1234" },
            use: (password, next): Promise<Identity | undefined> => {
              used.push({ password: password.toHex(), next });
              return Promise.resolve(
                password.toHex() === RIGHT ? { user: "tim" } : undefined,
              );
            },
            close: () => closed++,
            ...login,
          },
        );
      },
    },
    ...{ hostname: "localhost", secure: false, mayShowSecrets: false },
    ...{ clientCertificate: undefined, now: () => 0 },
    channelBinding: () => undefined,
  };
  return { server, used, asked, closed: () => closed };
}

/** RFC 2444 § 5. */
const RIGHT = "5bf075d9959d036f";
const IDENTITY: Step = { type: "success", identity: { user: "tim" } };

/** Runs an exchange with these responses, undefined for none; gives the last step, in text where it is a challenge. */
async function talk(
  mechanism: typeof otp,
  server: SaslServer,
  ...responses: (string | Uint8Array | undefined)[]
): Promise<Step | string> {
  const exchange = mechanism.begin(server);
  let step: Step | undefined;
  for (const response of responses) {
    step = await exchange.next(
      typeof response === "string" ? encoder.encode(response) : response,
    );
  }
  exchange.close?.();
  return step!.type === "challenge"
    ? new TextDecoder().decode(step!.bytes)
    : step!;
}

Deno.test("OTP is offered where it is switched on and there are passwords to check", () => {
  const { server } = serverWith({});
  const { otp: _, ...without } = server.backend!;
  for (const mechanism of [otp, skey]) {
    assertEquals(mechanism.isOffered(server), true);
    assertEquals(mechanism.isOffered({ ...server, backend: without }), false);
    assertEquals(mechanism.isOffered({ ...server, backend: undefined }), false);
    const backend = { ...server.backend!, mechanisms: new Set(["PLAIN"]) };
    assertEquals(mechanism.isOffered({ ...server, backend }), false);
  }
});

Deno.test("RFC 2444 § 5: both forms of a password", async () => {
  const { server, used } = serverWith({});
  assertEquals(await talk(otp, server, undefined), "");
  assertEquals(await talk(otp, server, "\0tim"), "otp-md5 499 ke1234 ext");
  for (
    const response of [
      "hex:5bf075d9959d036f",
      "word:BOND FOGY DRAB NE RISE MART",
      "HEX: 5BF0 75D9 959D 036F ",
      "Word:bond fogy drab ne rise mart",
    ]
  ) {
    assertEquals(
      await talk(otp, server, undefined, "\0tim", response),
      IDENTITY,
    );
  }
  assertEquals(used.map(({ password }) => password), Array(4).fill(RIGHT));
  assertEquals(used.every(({ next }) => next === undefined), true);
});

Deno.test("RFC 2444 § 5: init-hex begins another series, as does init-word", async () => {
  const { server, used } = serverWith({});
  const last = otpPassword("md5", "ke1235", "This is a test.", 499);
  const words = formatOtpWords(last);
  for (
    const response of [
      "init-hex:5bf075d9959d036f:md5 499 ke1235:3712dcb4aa5316c1",
      `init-word:BOND FOGY DRAB NE RISE MART:md5 499 KE1235:${words}`,
    ]
  ) {
    assertEquals(await talk(otp, server, "\0tim", response), IDENTITY);
    const { next } = used.pop()!;
    const series = { algorithm: "md5", sequence: 499, seed: "ke1235" };
    assertEquals(next, { ...series, last } as OtpSeries);
  }
});

Deno.test("RFC 2243 § 4.3: a series that cannot be uses the password up all the same", async () => {
  const { server, used } = serverWith({});
  for (
    const arguments_ of [
      "md5 499 ke1234:3712dcb4aa5316c1", // the seed as it was
      "md5 499 KE1234:3712dcb4aa5316c1",
      "md5 1 ke1235:3712dcb4aa5316c1",
      "md5 10000 ke1235:3712dcb4aa5316c1",
      "md2 499 ke1235:3712dcb4aa5316c1",
      "MD5 499 ke1235:3712dcb4aa5316c1",
      "md5 499 ke-1235:3712dcb4aa5316c1",
      "md5 499 k2345678901234567:3712dcb4aa5316c1",
      "md5 499 ke1235:3712dcb4aa5316c",
      "md5 499 ke1235:3712dcb4aa5316c1:",
      "md5 499 ke1235",
      "",
    ]
  ) {
    const response = `init-hex:5bf075d9959d036f:${arguments_}`;
    const step = await talk(otp, server, "\0tim", response);
    assertEquals((step as Step).type, "refusal", arguments_);
    assertEquals(used.pop(), { password: RIGHT, next: undefined });
    // A wrong password is no more than that.
    const wrong = response.replace("5bf", "6bf");
    assertEquals(await talk(otp, server, "\0tim", wrong), {
      type: "rejection",
      user: "tim",
    });
    used.pop();
  }
});

Deno.test("a wrong password is rejected, and a bad one is not tried", async () => {
  const { server, used } = serverWith({});
  const rejection: Step = { type: "rejection", user: "tim" };
  assertEquals(
    await talk(otp, server, "\0tim", "hex:0000000000000000"),
    rejection,
  );
  assertEquals(used.length, 1);
  assertEquals(
    await talk(otp, server, "\0tim", "word:BOND FOGY DRAB NE RISE MAST"),
    rejection,
  );
  assertEquals(await talk(otp, server, "\0tim", "hex:123"), rejection);
  assertEquals(used.length, 1);
});

Deno.test("what is no response of OTP is a failure", async () => {
  const { server, used } = serverWith({});
  for (
    const response of [
      "",
      "5bf075d9959d036f",
      "hex",
      "oct:5bf075d9959d036f",
      "__proto__:5bf075d9959d036f",
      "hex:5bf075d9959d036f:more",
      "hex:" + " ".repeat(2_000) + "5bf075d9959d036f",
      new Uint8Array([0x68, 0x65, 0x78, 0x3a, 0xff]),
    ]
  ) {
    const step = await talk(otp, server, "\0tim", response) as Step;
    assertEquals(step.type, "failure", String(response));
  }
  for (
    const name of ["tim", "", "\0", "tim\0", "\0tim\0", "\0" + "é".repeat(128)]
  ) {
    const step = await talk(otp, server, name) as Step;
    assertEquals(step.type, "failure", name);
  }
  assertEquals(used, []);
});

Deno.test("one may name oneself as the one to act for, and nobody else", async () => {
  const { server } = serverWith({});
  assertEquals(await talk(otp, server, "tim\0tim"), "otp-md5 499 ke1234 ext");
  const step = await talk(otp, server, "bob\0tim") as Step;
  assertEquals(step.type, "refusal");
});

Deno.test("a second login of a user is refused, and each is closed", async () => {
  const occupied = serverWith(undefined);
  for (const [mechanism, name] of [[otp, "\0tim"], [skey, "tim"]] as const) {
    const step = await talk(mechanism, occupied.server, name) as Step;
    assertEquals(step.type, "refusal");
    const { server, closed } = serverWith({});
    await talk(mechanism, server, name);
    assertEquals(closed(), 1);
  }
});

Deno.test("RFC 1731 § 4: six words, or eight octets", async () => {
  const login = { algorithm: "md4", sequence: 95, seed: "qa58308" } as const;
  const { server, used, asked } = serverWith(login);
  assertEquals(await talk(skey, server, undefined), "");
  assertEquals(await talk(skey, server, "morgan"), "95 qa58308");
  assertEquals(asked, [["morgan", "md4"]]);
  const words = Uint8Array.fromBase64(
    "Rk9VUiBNQU5OIFNPT04gRklSIFZBUlkgTUFTSA==",
  );
  await talk(skey, server, undefined, "morgan", words);
  assertEquals(used.pop()?.password, "85b6e3890a0f3570");
  const octets = Uint8Array.fromBase64("BsAY3g4gBNo=");
  const step = await talk(skey, server, undefined, "smith", octets);
  assertEquals(step, { type: "rejection", user: "smith" });
  assertEquals(used.pop()?.password, "06c018de0e2004da");
  const right = Uint8Array.fromHex(RIGHT);
  assertEquals(await talk(skey, server, "tim", right), IDENTITY);
});

Deno.test("what is no response of S/KEY", async () => {
  const { server, used } = serverWith({});
  for (const name of ["", "ti\0m", "t".repeat(256), new Uint8Array([0xff])]) {
    const step = await talk(skey, server, name) as Step;
    assertEquals(step.type, "failure");
  }
  for (
    const password of ["", "seven 7", "hex:5bf075d9959d036f", "x".repeat(300)]
  ) {
    const step = await talk(skey, server, "tim", password);
    assertEquals(step, { type: "rejection", user: "tim" });
  }
  assertEquals(used, []);
});
