/** The part of `cli-progress` that is used. */
export interface BarOptions {
  format?: string;
  stream?: { write(text: string): unknown; isTTY?: boolean };
  hideCursor?: boolean;
  clearOnComplete?: boolean;
  fps?: number;
  etaBuffer?: number;
}
export class SingleBar {
  constructor(options: BarOptions, preset?: unknown);
  start(
    total: number,
    startValue: number,
    payload?: Record<string, unknown>,
  ): void;
  update(value: number, payload?: Record<string, unknown>): void;
  setTotal(total: number): void;
  stop(): void;
}
export const Presets: {
  readonly shades_classic: unknown;
  readonly legacy: unknown;
};
declare const progress: {
  SingleBar: typeof SingleBar;
  Presets: typeof Presets;
};
export default progress;
