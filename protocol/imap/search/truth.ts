/**
 * The logic of three values (Kleene) that messages are judged by, and what they are judged on.
 *
 * With the values as numbers NOT is the sign, AND the minimum and OR the maximum.
 *
 * @module
 */

import type { HeaderTexts } from "./header_texts.ts";
import type { Signature } from "./signature.ts";

/** It does not match. */
export const NO = -1;
/** What is known of the message does not tell. */
export const UNKNOWN = 0;
/** It matches. */
export const YES = 1;

/** Whether a message matches. */
export type Truth = typeof NO | typeof UNKNOWN | typeof YES;

/** What is known of a message. */
export interface Candidate {
  /** Its place in the columns of the mailbox's state. */
  row: number;
  /** Its UID. */
  uid: number;
  /** Its sequence number in the session. */
  number: number;
  /** The signature of the header fields that summaries keep, where there is one. */
  fieldsSignature?: Signature | undefined;
  /** The signature of headers and text, where there is one. */
  textSignature?: Signature | undefined;
  /** Its header, once the summary or the source has been read. */
  header: HeaderTexts | undefined;
  /** Whether `header` has all fields, not just those that summaries keep. */
  wholeHeader: boolean;
  /** For each string of the predicate whether the message has it (1 or 0), once that has been looked for. */
  found: Uint8Array | undefined;
}

/** Says whether a message matches, as far as can be told. */
export type Test = (candidate: Candidate) => Truth;

/** A boolean as a truth. */
export function truth(value: boolean): Truth {
  return value ? YES : NO;
}

/** What is true where a test is false. */
export function negation(test: Test): Test {
  return (candidate) => -test(candidate) as Truth;
}

/** What is true where all tests are; they are asked in their order until one says no. */
export function conjunction(tests: readonly Test[]): Test {
  return (candidate) => {
    let least: Truth = YES;
    for (const test of tests) {
      const value = test(candidate);
      if (value === NO) return NO;
      if (value < least) least = value;
    }
    return least;
  };
}

/** What is true where one of the tests is; they are asked in their order until one says yes. */
export function disjunction(tests: readonly Test[]): Test {
  return (candidate) => {
    let most: Truth = NO;
    for (const test of tests) {
      const value = test(candidate);
      if (value === YES) return YES;
      if (value > most) most = value;
    }
    return most;
  };
}
