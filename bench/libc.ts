/**
 * The calls of Linux's C library that sockets need, by FFI, and its numbers.
 *
 * @module
 */

/**
 * Sizes are 64 bits wide in C; they are below 2^31 here and said to be of 32, since the runtime has no fast call for
 * integers of 64.
 */
const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  setsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "u32"],
    result: "i32",
  },
  getsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "buffer"],
    result: "i32",
  },
  send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  poll: { parameters: ["buffer", "u32", "i32"], result: "i32" },
  /** `poll` in another thread: the event loop goes on. */
  pollElsewhere: {
    name: "poll",
    parameters: ["buffer", "u32", "i32"],
    result: "i32",
    nonblocking: true,
  },
  close: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions of libc, by their names there. */
export type Libc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** `AF_INET` */
export const AF_INET = 2;
/** `SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC` */
export const STREAM = 1 | 0o4000 | 0o2000000;
/** `IPPROTO_TCP` and its `TCP_NODELAY` and `TCP_QUICKACK` */
export const TCP = 6, NODELAY = 1, QUICKACK = 12;
/** `SOL_SOCKET` and its `SO_ERROR` */
export const SOCKET = 1, ERROR = 4;
/** `MSG_NOSIGNAL` */
export const NO_SIGNAL = 0x4000;
/** `POLLIN` */
export const POLL_IN = 1;
/** `POLLOUT` */
export const POLL_OUT = 4;
/** `POLLERR | POLLHUP | POLLNVAL`: what is told without being asked for. */
export const POLL_BROKEN = 8 | 16 | 32;
/** `ECONNREFUSED` */
export const REFUSED = 111;

/** The C library of Linux with glibc; undefined elsewhere, and where FFI is not allowed. */
export const libc: Libc | undefined = open();

function open(): Libc | undefined {
  // The numbers are those of these two processors; those of others may differ.
  const { os, arch } = Deno.build;
  if (os !== "linux" || (arch !== "x86_64" && arch !== "aarch64")) {
    return undefined;
  }
  try {
    return Deno.dlopen("libc.so.6", SYMBOLS).symbols;
  } catch {
    return undefined;
  }
}
