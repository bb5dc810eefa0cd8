import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  decodeNode,
  encodeNode,
  MailboxTree,
  type Node,
  ROOT,
} from "./tree.ts";

function node(number: number, parent: number, leaf: string, mailbox = 0): Node {
  return {
    number,
    parent,
    leaf,
    mailbox,
    uidValidity: mailbox * 10,
    specialUse: [],
  };
}

Deno.test("nodes are read as written", () => {
  const written = {
    ...node(7, 3, "Ünï/ %", 9),
    specialUse: ["\\Sent", "\\Junk"],
  };
  assertEquals(decodeNode(7, encodeNode(written)), written);
});

Deno.test("paths lead to nodes and back", () => {
  const tree = new MailboxTree([
    node(3, 2, "c", 30),
    node(2, 1, "b"),
    node(1, ROOT, "a"),
    node(4, ROOT, "c", 40),
  ]);
  assertEquals(tree.find(["a", "b", "c"])?.mailbox, 30);
  assertEquals(tree.find(["a", "c"]), undefined);
  assertEquals(tree.find([]), undefined);
  assertEquals(tree.pathOf(tree.carrierOf(30)!), ["a", "b", "c"]);
  assertEquals(tree.mailboxCount, 2);
  assertEquals(tree.orphaned(tree.carrierOf(30)!).map((n) => n.leaf), [
    "b",
    "a",
  ]);
  assertEquals(tree.superiors(["a", "x", "y"], [50, 51, 52]), {
    set: [node(51, 1, "x")],
    parent: 51,
  });
});

Deno.test("a rename is one node, whatever is below", () => {
  const tree = new MailboxTree([
    node(1, ROOT, "a"),
    node(2, 1, "b", 20),
    node(3, 2, "c", 30),
  ]);
  tree.subscribe("z", true);
  tree.apply({ set: [node(2, ROOT, "x", 20)], removed: [node(1, ROOT, "a")] });
  assertEquals(tree.infos("/").map((info) => info.name), ["x", "x/c", "z"]);
  assertEquals(tree.pathOf(tree.carrierOf(30)!), ["x", "c"]);
});

Deno.test("two that change places do not lose one another", () => {
  const tree = new MailboxTree([
    node(1, ROOT, "a", 10),
    node(2, ROOT, "b", 20),
  ]);
  tree.apply({
    set: [node(1, ROOT, "b", 10), node(2, ROOT, "a", 20)],
    removed: [],
  });
  assertEquals(tree.find(["a"])?.mailbox, 20);
  assertEquals(tree.find(["b"])?.mailbox, 10);
});

Deno.test("a circle in what is read ends", () => {
  const one = node(1, 2, "a", 10);
  const tree = new MailboxTree([one, node(2, 1, "b", 20)]);
  assertEquals(tree.find(["a"]), undefined);
  assertEquals(tree.pathOf(one).length <= 3, true);
});

Deno.test("infos do as a list of names does", () => {
  const level = fc.constantFrom("a", "b", "c");
  const path = fc.array(level, { minLength: 1, maxLength: 3 });
  fc.assert(fc.property(fc.array(path), (paths) => {
    const tree = new MailboxTree();
    let number = 0;
    const expected = new Set<string>();
    for (const path of paths) {
      if (tree.find(path)?.mailbox) continue;
      const numbers = path.map(() => ++number);
      const { set, parent } = tree.superiors(path, numbers);
      const there = tree.find(path)?.number ?? numbers.at(-1)!;
      tree.apply({
        set: [...set, node(there, parent, path.at(-1)!, ++number)],
        removed: [],
      });
      expected.add(path.join("/"));
    }
    const infos = tree.infos("/");
    assertEquals(
      new Set(infos.filter((i) => i.id !== undefined).map((i) => i.name)),
      expected,
    );
    for (const info of infos) {
      const below = [...expected].some((name) =>
        name.startsWith(info.name + "/")
      );
      assertEquals(info.hasChildren, below);
    }
  }));
});
