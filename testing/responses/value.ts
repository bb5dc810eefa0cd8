/**
 * The values that responses are made of: atoms, strings, lists, NIL.
 *
 * Text is held as binary strings, one character a byte, so that nothing is lost on the way.
 *
 * @module
 */

/** A value in a response; the last three kinds only in what a script expects. */
export type Value =
  /** An atom, number, flag or section such as `BODY[HEADER.FIELDS (DATE)]<0>`. */
  | { readonly type: "atom"; readonly text: string }
  | {
    readonly type: "string";
    readonly text: string;
    readonly form: "quoted" | "literal" | "literal8";
  }
  | { readonly type: "nil" }
  | { readonly type: "list"; readonly items: readonly Value[] }
  /** `*`: any one value. */
  | { readonly type: "any" }
  /** `...`: whatever else there is. */
  | { readonly type: "rest" }
  /** `$name`: any value, that same value from then on. */
  | { readonly type: "capture"; readonly name: string };

/** Something that is not what the grammar of responses allows. */
export class SyntaxFault extends Error {
  /** Says what is wrong and where. */
  constructor(message: string, text: string, position: number) {
    super(`${message} at ${position} in ${JSON.stringify(text)}`);
    this.name = "SyntaxFault";
  }
}

const CAPTURE = /^\$([a-z][A-Za-z0-9]*)$/;

/** Reads values out of a response, or out of what a script expects (a pattern). */
export class ValueReader {
  readonly #text: string;
  readonly #pattern: boolean;
  /** Where the next value begins. */
  position: number;

  /**
   * @param text the response without its final CRLF, literals inside
   * @param pattern whether `*`, `...`, `$name` and `{{{text}}}` have their meaning
   */
  constructor(text: string, pattern: boolean, position = 0) {
    this.#text = text;
    this.#pattern = pattern;
    this.position = position;
  }

  /** Whether all has been read. */
  get atEnd(): boolean {
    return this.position >= this.#text.length;
  }

  /** What has not been read. */
  get remainder(): string {
    return this.#text.slice(this.position);
  }

  /** The fault that this text has here. */
  fault(message: string): SyntaxFault {
    return new SyntaxFault(message, this.#text, this.position);
  }

  /** Whether the text goes on with this. */
  looksAt(text: string): boolean {
    return this.#text.startsWith(text, this.position);
  }

  /** Reads exactly this. */
  expect(text: string): void {
    if (!this.looksAt(text)) throw this.fault(`Expected ${text}`);
    this.position += text.length;
  }

  /** The values up to a closing character or the end, which is not read. */
  values(close = ""): Value[] {
    const values: Value[] = [];
    while (!this.atEnd && !(close !== "" && this.looksAt(close))) {
      const touching = values.at(-1)?.type === "list" && this.looksAt("(");
      // body structures, addresses, namespaces and threads put one list right behind another
      if (values.length > 0 && !touching) this.expect(" ");
      values.push(this.value(close));
    }
    return values;
  }

  /** One value. */
  value(close = ""): Value {
    if (this.looksAt("(")) {
      this.position++;
      const items = this.values(")");
      this.expect(")");
      return { type: "list", items };
    }
    if (this.looksAt('"')) return this.#quoted();
    if (this.#pattern && this.looksAt("{{{")) return this.#block();
    if (this.looksAt("{")) return this.#literal("literal");
    if (this.looksAt("~{")) {
      this.position++;
      return this.#literal("literal8");
    }
    return this.#atom(close);
  }

  #quoted(): Value {
    const start = ++this.position;
    let text = "";
    for (; !this.looksAt('"'); this.position++) {
      let char = this.#text[this.position];
      if (char === "\\") {
        char = this.#text[++this.position];
        if (char !== "\\" && char !== '"') throw this.fault("Bad escape");
      }
      // QUOTED-CHAR: any CHAR but CR and LF (RFC 9051 § 9), so that other control characters may come
      if (char === undefined || "\0\r\n".includes(char)) {
        this.position = start;
        throw this.fault("Bad quoted string");
      }
      text += char;
    }
    this.position++;
    return { type: "string", text, form: "quoted" };
  }

  #block(): Value {
    const end = this.#text.indexOf("}}}", this.position);
    if (end < 0) throw this.fault("{{{ without }}}");
    const text = this.#text.slice(this.position + 3, end);
    this.position = end + 3;
    return { type: "string", text, form: "literal" };
  }

  #literal(form: "literal" | "literal8"): Value {
    const head = /^\{(\d+)\}\r\n/.exec(this.remainder);
    if (head === null) throw this.fault("Bad literal");
    const start = this.position + head[0].length;
    const end = start + Number(head[1]);
    if (end > this.#text.length) throw this.fault("Literal is cut");
    this.position = end;
    return { type: "string", text: this.#text.slice(start, end), form };
  }

  #atom(close: string): Value {
    const start = this.position;
    while (!this.atEnd) {
      const char = this.#text[this.position]!;
      if (char === "[") this.#section();
      else if (char === close || ' ()"'.includes(char)) break;
      else if (char <= " " || char === "\x7f") throw this.fault("Bad atom");
      else this.position++;
    }
    const text = this.#text.slice(start, this.position);
    if (text === "") throw this.fault("Expected a value");
    if (this.#pattern) {
      if (text === "*") return { type: "any" };
      if (text === "...") return { type: "rest" };
      const capture = CAPTURE.exec(text);
      if (capture !== null) return { type: "capture", name: capture[1]! };
    }
    return text.toUpperCase() === "NIL"
      ? { type: "nil" }
      : { type: "atom", text };
  }

  /** `[` up to its `]`: part of an atom, spaces, lists and strings in it and all. */
  #section(): void {
    this.expect("[");
    for (; !this.looksAt("]"); this.position++) {
      if (this.atEnd) throw this.fault("[ without ]");
      if (this.looksAt('"')) {
        this.#quoted();
        this.position--;
      }
    }
    this.position++;
  }
}

/** A value as a script would have it, for messages. */
export function showValue(value: Value): string {
  switch (value.type) {
    case "atom":
      return value.text;
    case "string":
      return JSON.stringify(value.text);
    case "nil":
      return "NIL";
    case "list":
      return `(${value.items.map(showValue).join(" ")})`;
    case "any":
      return "*";
    case "rest":
      return "...";
    case "capture":
      return `$${value.name}`;
  }
}
