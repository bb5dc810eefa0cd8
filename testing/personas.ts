/**
 * Other servers, as data. What they say was noted down at some time; they change, and so may these lists.
 *
 * @module
 */

import type { Persona } from "./persona.ts";

/** Splits a list at its spaces. */
function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/** Gmail: its labels under `[Gmail]`, capabilities only when asked or at login. */
export const gmail: Persona = {
  name: "gmail",
  capabilities: {
    beforeLogin: words(`IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST
      CHILDREN X-GM-EXT-1 XYZZY SASL-IR AUTH=XOAUTH2 AUTH=PLAIN
      AUTH=PLAIN-CLIENTTOKEN AUTH=OAUTHBEARER`),
    afterLogin: words(`IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST
      CHILDREN X-GM-EXT-1 UIDPLUS COMPRESS=DEFLATE ENABLE MOVE CONDSTORE
      ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE
      APPENDLIMIT=35651584`),
  },
  greeting: "Gimap ready for requests",
  id: {
    name: "GImap",
    vendor: "Google, Inc.",
    "support-url": "https://support.google.com/mail",
  },
  mailboxes: {
    "[Gmail]/All Mail": ["\\All"],
    "[Gmail]/Drafts": ["\\Drafts"],
    "[Gmail]/Important": ["\\Important"],
    "[Gmail]/Sent Mail": ["\\Sent"],
    "[Gmail]/Spam": ["\\Junk"],
    "[Gmail]/Starred": ["\\Flagged"],
    "[Gmail]/Trash": ["\\Trash"],
  },
};

/** Exchange Online: few capabilities, none in its greeting, names with spaces. */
export const exchange: Persona = {
  name: "exchange",
  capabilities: {
    beforeLogin: words(`IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR
      UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+`),
    afterLogin: words(`IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS
      MOVE ID UNSELECT CLIENTACCESSRULES CLIENTNETWORKPRESENCELOCATION
      BACKENDAUTHENTICATE CHILDREN IDLE NAMESPACE LITERAL+`),
  },
  capabilitiesUnasked: false,
  greeting: "The Microsoft Exchange IMAP4 service is ready.",
  id: { name: "Microsoft.Exchange.Imap4.Imap4Server", version: "15.20" },
  mailboxes: {
    Archive: ["\\Archive"],
    "Deleted Items": ["\\Trash"],
    Drafts: ["\\Drafts"],
    "Junk Email": ["\\Junk"],
    Outbox: [],
    "Sent Items": ["\\Sent"],
  },
};

/** iCloud Mail: many capabilities after login, and names of Apple's own. */
export const icloud: Persona = {
  name: "icloud",
  capabilities: {
    beforeLogin: words(`XAPPLEPUSHSERVICE IMAP4 IMAP4rev1 SASL-IR AUTH=ATOKEN
      AUTH=PTOKEN AUTH=PLAIN`),
    afterLogin: words(`XAPPLEPUSHSERVICE IMAP4 IMAP4rev1 ACL QUOTA LITERAL+
      NAMESPACE UIDPLUS CHILDREN BINARY UNSELECT SORT CATENATE URLAUTH
      LANGUAGE ESEARCH ESORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES CONDSTORE
      ENABLE CONTEXT=SEARCH CONTEXT=SORT WITHIN SASL-IR SEARCHRES XSENDER
      X-NETSCAPE XSERVERINFO ANNOTATE-EXPERIMENT-1 UTF8=ACCEPT ID IDLE
      QRESYNC LIST-EXTENDED`),
  },
  greeting: "iCloud IMAP4 ready",
  id: { name: "iCloud", vendor: "Apple" },
  mailboxes: {
    Archive: ["\\Archive"],
    "Deleted Messages": ["\\Trash"],
    Drafts: ["\\Drafts"],
    Junk: ["\\Junk"],
    Notes: [],
    "Sent Messages": ["\\Sent"],
  },
};

/** Dovecot 2.3 with mailboxes in Maildir++, whose names have dots. */
export const dovecot: Persona = {
  name: "dovecot",
  capabilities: {
    beforeLogin: words(`IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE
      LITERAL+ STARTTLS AUTH=PLAIN`),
    afterLogin: words(`IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT
      SORT=DISPLAY THREAD=REFERENCES THREAD=REFS THREAD=ORDEREDSUBJECT
      MULTIAPPEND URL-PARTIAL CATENATE UNSELECT CHILDREN NAMESPACE UIDPLUS
      LIST-EXTENDED I18NLEVEL=1 CONDSTORE QRESYNC ESEARCH ESORT SEARCHRES
      WITHIN CONTEXT=SEARCH LIST-STATUS BINARY MOVE SNIPPET=FUZZY
      PREVIEW=FUZZY PREVIEW STATUS=SIZE SAVEDATE LITERAL+ NOTIFY
      SPECIAL-USE`),
  },
  greeting: "Dovecot ready.",
  id: { name: "Dovecot" },
  hierarchyDelimiter: ".",
  namespaces: { personal: [["", "."]] },
  mailboxes: {
    Drafts: ["\\Drafts"],
    Junk: ["\\Junk"],
    Sent: ["\\Sent"],
    Trash: ["\\Trash"],
  },
};

/** A server of 2003 that has read RFC 3501 and nothing else. */
export const plain: Persona = {
  name: "plain",
  capabilities: {
    beforeLogin: ["IMAP4rev1", "STARTTLS", "AUTH=PLAIN"],
    afterLogin: ["IMAP4rev1"],
  },
  capabilitiesUnasked: false,
  specialUse: false,
  greeting: "IMAP4rev1 server ready",
};

/** The personas by name. */
export const PERSONAS = { gmail, exchange, icloud, dovecot, plain } as const;

/** The name of a persona. */
export type PersonaName = keyof typeof PERSONAS;
