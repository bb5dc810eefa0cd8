import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { MigrationState } from "./state_file.ts";

const HEAD = { path: "Büro", sourceUidValidity: 7, uidValidity: 9, base: 12 };

async function withFile(body: (path: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await body(join(dir, "folder", "state"));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function known(state: MigrationState): number[][] {
  return Array.from({ length: state.length }, (_, index) => {
    const { source, local, flags } = state.at(index);
    return [source, local, flags];
  });
}

Deno.test("messages are there after a kill, but for one that was cut short", () =>
  withFile(async (path) => {
    {
      using state = await MigrationState.open(path);
      assertEquals([state.head, state.length], [undefined, 0]);
      await state.begin(HEAD);
      state.add([{ source: 5, local: 12, flags: 0xffff_ffff }]);
      state.add([{ source: 3, local: 13, flags: 1 }, {
        source: 9,
        local: 14,
        flags: 2,
      }]);
    }
    const { size } = await Deno.stat(path);
    await Deno.truncate(path, size - 5);
    using state = await MigrationState.open(path);
    assertEquals(state.head, HEAD);
    assertEquals(known(state), [[3, 13, 1], [5, 12, 0xffff_ffff]]);
    assertEquals([3, 4, 5, 9].map((uid) => state.indexOf(uid)), [0, -1, 1, -1]);
    assertEquals([...state.locals()], [13, 12]);
  }));

Deno.test("a run that has ended leaves what is known, without what has gone", () =>
  withFile(async (path) => {
    {
      using state = await MigrationState.open(path);
      await state.begin(HEAD);
      state.add(
        [1, 2, 3].map((uid) => ({ source: uid, local: uid, flags: 0 })),
      );
      await state.finish(new Set());
    }
    {
      using state = await MigrationState.open(path);
      assertEquals(state.head, { ...HEAD, base: 0 });
      await state.begin({ ...HEAD, base: 4 });
      state.setFlags(state.indexOf(3), 8);
      state.add([{ source: 4, local: 4, flags: 0 }]);
      await state.finish(new Set([state.indexOf(2)]));
    }
    using state = await MigrationState.open(path);
    assertEquals(known(state), [[1, 1, 0], [3, 3, 8], [4, 4, 0]]);
    state.clear();
    assertEquals(known(state), []);
  }));

Deno.test("zeros of a power failure and a file that is none are nothing", () =>
  withFile(async (path) => {
    {
      using state = await MigrationState.open(path);
      await state.begin(HEAD);
      state.add([{ source: 1, local: 1, flags: 0 }]);
      state.add([{ source: 0, local: 0, flags: 0 }]);
    }
    assertEquals(known(await MigrationState.open(path)), [[1, 1, 0]]);
    for (const text of ["", "\n", "{}\n", "null\nxxxxxxxxxxxx", "x"]) {
      await Deno.writeTextFile(path, text);
      const state = await MigrationState.open(path);
      assertEquals([state.head, state.length], [undefined, 0]);
    }
  }));
