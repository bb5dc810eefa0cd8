/** The part of `iconv-lite` that is used. */
declare const iconv: {
  decode(buffer: Uint8Array, encoding: string): string;
  encodingExists(encoding: string): boolean;
};
export default iconv;
