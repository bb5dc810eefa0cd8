/**
 * ENABLE: RFC 5161, RFC 9051 § 6.3.1.
 *
 * @module
 */

import type { Command } from "../command.ts";
import type { Extension } from "../extension.ts";

// enable = "ENABLE" 1*(SP capability)
const enable: Command<string[]> = {
  name: "ENABLE",
  state: "authenticated",

  parse(d) {
    const names = [d.sp().atom()];
    while (d.trySp()) names.push(d.atom());
    return names;
  },

  execute(session, names) {
    const enabled: string[] = [];
    // One may bring another with it, which is named all the same where the command names it.
    const before = new Set(session.enabled);
    for (const name of names.map((name) => name.toUpperCase())) {
      const enabling = session.registry.enable.get(name);
      if (enabling === undefined || before.has(name)) continue;
      before.add(name);
      enabling.begin(session);
      session.enabled.add(name);
      enabled.push(enabling.name);
    }
    session.out.utf8 = session.utf8;
    // response-enabled = "ENABLED" *(SP capability): what this command has switched on.
    session.out.text(["* ENABLED", ...enabled].join(" ")).crlf();
  },
};

/** ENABLE. */
export const enableExtension: Extension = {
  capabilities: () => ["ENABLE"],
  documents: { ENABLE: "5161" },
  commands: [enable],
};
