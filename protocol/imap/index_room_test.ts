import { assertEquals } from "@std/assert";
import { type Index, IndexRoom } from "./index_room.ts";

/** An index that takes bytes of a room. */
class Taken implements Index {
  readonly #room: IndexRoom;
  size = 0;

  constructor(room: IndexRoom) {
    this.#room = room;
  }

  take(bytes: number): boolean {
    const isRoom = this.#room.makeRoom(this, bytes);
    if (isRoom) {
      this.size += bytes;
      this.#room.size += bytes;
    }
    return isRoom;
  }

  clear(): void {
    this.#room.size -= this.size;
    this.size = 0;
  }
}

Deno.test("what was not used for longest makes room", () => {
  const room = new IndexRoom(100);
  const [a, b, c] = [new Taken(room), new Taken(room), new Taken(room)];
  a.take(40);
  b.take(40);
  room.use(a);
  assertEquals(c.take(40), true);
  assertEquals([a.size, b.size, c.size, room.size], [40, 0, 40, 80]);
  assertEquals(c.take(61), false);
  assertEquals([a.size, c.size, room.size], [40, 40, 80]);
});

Deno.test("an index with nothing in it is not held", () => {
  const room = new IndexRoom(100);
  const empty = new Taken(room);
  let cleared = 0;
  empty.clear = () => void cleared++;
  room.use(empty);
  new Taken(room).take(60);
  new Taken(room).take(60);
  assertEquals(cleared, 0);
});
