/**
 * Dovecot's `doveadm backup -R` takes everything out of imapd, as who moves away from it would.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { startDovecot } from "../../bench/dovecot.ts";
import { startImapd } from "../../bench/imapd.ts";
import { fillAccount, MAILBOXES, mailOf } from "./account_mail.ts";
import { missing, NEEDS } from "./packages.ts";
import { run } from "./process.ts";

const absent = await missing([NEEDS.dovecot]);

Deno.test({
  name: "doveadm backup takes everything out, message by message",
  ignore: absent.length > 0,
  async fn() {
    const directory = await Deno.makeTempDir({ prefix: "imapd-interop-" });
    try {
      await Deno.chmod(directory, 0o755);
      const account = { user: "alice", password: "secret" };
      await using imapd = await startImapd({
        directory: join(directory, "imapd"),
        ...account,
      });
      await fillAccount(imapd);
      const peer = join(directory, "peer");
      await using dovecot = await startDovecot({ directory: peer, ...account });
      const settings = {
        imapc_host: "127.0.0.1",
        imapc_port: `${imapd.port}`,
        imapc_user: account.user,
        imapc_password: account.password,
        imapc_features: "rfc822.size fetch-headers",
      };
      const backup = () =>
        run("doveadm", [
          ...["-c", join(peer, "dovecot.conf")],
          ...Object.entries(settings).flatMap(([key, value]) => [
            "-o",
            `${key}=${value}`,
          ]),
          ...["backup", "-R", "-u", account.user, "imapc:"],
        ]);
      await backup();
      // A second time there is nothing to do.
      await backup();
      for (const [name, messages] of Object.entries(MAILBOXES)) {
        assertEquals(await mailOf(imapd, name), messages, `${name} in imapd`);
        assertEquals(await mailOf(dovecot, name), messages, `${name} there`);
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});
