/**
 * Who somebody is, once it is proved.
 *
 * @module
 */

/** One who has logged in. */
export interface Identity {
  /** The name of the account. */
  readonly user: string;
}
