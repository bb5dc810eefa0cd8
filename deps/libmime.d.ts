/** The part of `libmime` that is used. */
declare const libmime: {
  decodeWords(value: string): string;
};
export default libmime;
