import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { StringNumbers } from "./string_numbers.ts";

Deno.test("strings have numbers from 0 on, equal ones the same", () => {
  fc.assert(fc.property(fc.array(fc.string({ maxLength: 3 })), (texts) => {
    const numbers = new StringNumbers();
    const model = new Map<string, number>();
    for (const text of texts) {
      assertEquals(numbers.get(text), model.get(text));
      if (model.has(text)) continue;
      assertEquals(numbers.add(text), model.size);
      model.set(text, model.size);
    }
    assertEquals(numbers.size, model.size);
    for (const [text, number] of model) assertEquals(numbers.get(text), number);
  }));
});
