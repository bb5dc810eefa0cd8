/**
 * Measures IMAP servers: this one beside Dovecot, or any that run already.
 *
 * All servers are measured in turn within each row, so that what disturbs the machine disturbs all.
 *
 * @module
 */

import { join } from "@std/path";
import { Client } from "./client.ts";
import { startCyrus } from "./cyrus.ts";
import { dovecotVersion, INSTALL_DOVECOT, startDovecot } from "./dovecot.ts";
import { startImapd } from "./imapd.ts";
import { HELP, type Options, readOptions } from "./options.ts";
import { Archive, Bench, median, type Row } from "./row.ts";
import { ALL_ROWS } from "./rows/mod.ts";
import { type Cell, formatTable, type Line } from "./table.ts";
import { makeCertificate } from "../server/tls/self_signed.ts";
import { drawRatios } from "./plot.ts";
import type { Target } from "./target.ts";

/** No row may take longer on one server, whatever the server does, in milliseconds. */
const ROW_LIMIT = 120_000;

async function main(): Promise<number> {
  let options: Options;
  try {
    options = readOptions(Deno.args);
  } catch (error) {
    console.error((error as Error).message);
    return 2;
  }
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const temporary = options.directory === undefined;
  const directory = options.directory ?? await Deno.makeTempDir();
  try {
    await using servers = new AsyncDisposableStack();
    const targets = await start(options, directory, servers);
    if (targets.length === 0) return 1;
    return await measureAll(options, targets);
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  } finally {
    if (temporary) await Deno.remove(directory, { recursive: true });
  }
}

async function start(
  options: Options,
  directory: string,
  servers: AsyncDisposableStack,
): Promise<Target[]> {
  const { user, password } = options;
  const targets: Target[] = [];
  const tls = await certificateIn(directory);
  const caCert = await Deno.readTextFile(tls.cert);
  const add = (target: Target) =>
    void targets.push({ ...servers.use(target), caCert });
  if (temporaryRootIsClosed(options)) await Deno.chmod(directory, 0o755);
  for (const name of options.own) {
    const own = { directory: join(directory, name), user, password, tls };
    const imapd = /^imapd(?:-(\d+))?$/.exec(name);
    if (imapd !== null) {
      const workers = imapd[1] === undefined ? [] : ["--workers", imapd[1]];
      add(
        await startImapd({ ...own, name, doors: ["lmtp"], arguments: workers }),
      );
    } else if (name === "cyrus") {
      const cyrus = await startCyrus(own);
      if (typeof cyrus !== "string") add(cyrus);
      else console.error(`No Cyrus to compare with: it ${cyrus}`);
    } else if (name !== "dovecot") {
      throw new Error(
        `--own knows imapd, imapd-N, dovecot and cyrus, not ${name}`,
      );
    } else if (await dovecotVersion() === undefined) {
      console.error(`No Dovecot to compare with: ${INSTALL_DOVECOT}`);
    } else {
      add(await startDovecot(own));
    }
  }
  for (const address of options.targets) {
    const target: Target = {
      ...address,
      mayBlock: true,
      note: `${address.name} at ${address.hostname}:${address.port}`,
      user,
      password,
      [Symbol.asyncDispose]: () => removeMailboxes(target),
    };
    await removeMailboxes(target);
    targets.push(servers.use(target));
  }
  return targets;
}

/** One certificate for all servers. */
async function certificateIn(
  directory: string,
): Promise<{ cert: string; key: string }> {
  await Deno.mkdir(directory, { recursive: true });
  const { cert, key } = await makeCertificate();
  const paths = {
    cert: join(directory, "cert.pem"),
    key: join(directory, "key.pem"),
  };
  await Deno.writeTextFile(paths.cert, cert);
  await Deno.writeTextFile(paths.key, key);
  return paths;
}

/** Dovecot's processes change their user, and a temporary directory is for its maker alone. */
function temporaryRootIsClosed(options: Options): boolean {
  return options.directory === undefined &&
    (options.own.includes("dovecot") || options.own.includes("cyrus"));
}

async function removeMailboxes(target: Target): Promise<void> {
  using client = await Client.login(target);
  for (const line of await client.lines('LIST "" bench-*')) {
    const name = /"?(bench-[\w-]+)"?$/.exec(line)?.[1];
    if (name !== undefined) await client.run(`DELETE ${name}`);
  }
}

async function measureAll(
  options: Options,
  targets: readonly Target[],
): Promise<number> {
  const { quick, messages } = options;
  const archive = new Archive(messages);
  const benches = targets.map((target) => new Bench(target, archive, quick));
  const wanted = ALL_ROWS.filter(({ name }) =>
    options.rows.length === 0 ||
    options.rows.some((part) => name.toLowerCase().includes(part.toLowerCase()))
  );
  const lines: Line[] = [];
  for (const row of wanted) {
    console.error(`... ${row.name}`);
    lines.push({ row, cells: await measureRow(row, benches, quick) });
  }
  report(options, targets, archive, lines);
  return lines.some(({ cells }) => cells.some(({ error }) => error)) ? 1 : 0;
}

async function measureRow(
  row: Row,
  benches: readonly Bench[],
  quick: boolean,
): Promise<Cell[]> {
  const cells = benches.map((): { values: number[]; error?: string } => ({
    values: [],
  }));
  const runs = quick ? Math.ceil(row.runs / 3) : row.runs;
  // What is measured more than once is not about a first time: that does not count.
  for (let run = row.runs > 1 ? -1 : 0; run < runs; run++) {
    for (const [n, bench] of benches.entries()) {
      const cell = cells[n] as { values: number[]; error?: string };
      if (cell.error !== undefined) continue;
      try {
        const value = await limited(row.measure(bench));
        if (value !== undefined && run >= 0) cell.values.push(value);
      } catch (error) {
        cell.error = (error as Error).message.slice(0, 500);
      } finally {
        bench.closeSessions();
      }
    }
  }
  return cells;
}

async function limited<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`It took more than ${ROW_LIMIT / 1_000} s`)),
    ROW_LIMIT,
  );
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function report(
  options: Options,
  targets: readonly Target[],
  archive: Archive,
  lines: readonly Line[],
): void {
  const megabytes = (archive.bytes / 1e6).toFixed(0);
  console.log(
    `Archive of ${archive.messages.length} messages, ${megabytes} MB; ` +
      `${navigator.hardwareConcurrency} processors. Medians.`,
  );
  for (const { note } of targets) console.log(note);
  console.log("\n" + formatTable(targets.map(({ name }) => name), lines));
  for (const { row, cells } of lines) {
    for (const [n, { error }] of cells.entries()) {
      if (error) console.log(`\n${targets[n]?.name}, ${row.name}: ${error}`);
    }
  }
  for (const [n, target] of targets.entries()) {
    if (target.log === undefined) continue;
    if (!lines.some(({ cells }) => cells[n]?.error !== undefined)) continue;
    const log = Deno.readTextFileSync(target.log).trimEnd();
    const end = log.split("\n").slice(-30).join("\n");
    console.log(`\nThe end of ${target.name}'s log:\n${end}`);
  }
  if (options.svg !== undefined) {
    const names = targets.map(({ name }) => name);
    Deno.writeTextFileSync(options.svg, drawRatios(names, lines));
  }
  if (options.json === undefined) return;
  const rows = lines.map(({ row: { name, unit }, cells }) => ({
    name,
    unit,
    servers: cells.map(({ values, error }, n) => ({
      name: targets[n]?.name,
      median: values.length === 0 ? null : median(values),
      values,
      error,
    })),
  }));
  const servers = targets.map(({ name, note }) => ({ name, note }));
  Deno.writeTextFileSync(
    options.json,
    JSON.stringify({ messages: options.messages, servers, rows }, null, 2),
  );
}

Deno.exit(await main());
