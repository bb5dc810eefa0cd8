import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  type CliOption,
  nearest,
  readArguments,
  UsageError,
} from "./arguments.ts";

const OPTIONS: readonly CliOption[] = [
  { name: "port", placeholder: "N", help: "" },
  { name: "user", placeholder: "U", help: "", repeatable: true },
  { name: "trace", help: "" },
];

Deno.test("options, flags and operands in any order", () => {
  const args = readArguments(
    [
      "a",
      "--port=1",
      "--user",
      "x:1",
      "b",
      "--trace",
      "--user",
      "y",
      "--",
      "-c",
    ],
    OPTIONS,
  );
  assertEquals(args.operands, ["a", "b", "-c"]);
  assertEquals(args.text("port"), "1");
  assertEquals(args.texts("user"), ["x:1", "y"]);
  assertEquals(args.flag("trace"), true);
  const none = readArguments(["007"], OPTIONS);
  assertEquals(none.operands, ["007"]);
  assertEquals([none.text("port"), none.texts("user")], [undefined, []]);
  assertEquals(none.flag("trace"), false);
});

const wrong: readonly [args: string[], message: RegExp][] = [
  [["--porz", "1"], /no option --porz; did you mean --port/],
  [["--nothing-like-it"], /no option --nothing-like-it$/],
  [["-x"], /no option -x$/],
  [["--port"], /--port needs a value/],
  [["--port="], /--port needs a value/],
  [["--port", "1", "--port", "2"], /--port is there twice/],
  [["--trace=no"], /--trace takes no value/],
  [["--no-trace"], /no option --no-trace/],
];
for (const [args, message] of wrong) {
  Deno.test(`wrong use: ${args.join(" ")}`, () => {
    const error = assertThrows(() => readArguments(args, OPTIONS), UsageError);
    assertMatch(error.message, message);
  });
}

Deno.test("the nearest word is one that is near", () => {
  const words = ["serve", "version", "user"];
  assertEquals(nearest("serv", words), "serve");
  assertEquals(nearest("ver", words), "version");
  assertEquals(nearest("usre", words), "user");
  assertEquals(nearest("x", words), undefined);
});
