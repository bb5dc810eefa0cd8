/**
 * Executes a command, through the application's hook where there is one.
 *
 * @module
 */

import type { AnyCommand, ExecuteContext, Executed } from "./command.ts";
import type { Session } from "./session.ts";

/** Executes a command that has been admitted; what it rejects with, or throws, is its refusal. */
export function execute(
  session: Session,
  command: AnyCommand,
  args: unknown,
  context: ExecuteContext,
): Executed | Promise<Executed> {
  const { hooks } = session.host;
  if (hooks?.command === undefined) {
    return command.execute(session, args, context);
  }
  const { facts, identity } = session;
  return hooks.command(
    { ...facts, ...context, identity, name: command.name },
    async () => await command.execute(session, args, context),
  );
}
