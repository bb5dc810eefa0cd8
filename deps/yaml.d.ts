/** The part of `@std/yaml` that is used. */
export function parse(content: string): unknown;
export function stringify(
  data: unknown,
  options?: { lineWidth?: number; indent?: number },
): string;
