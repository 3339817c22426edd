/** Errors of the file system in words: what went wrong, without the name of a system call. */

const WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    EACCES: "no permission",
    EADDRINUSE: "it is in use",
    EBUSY: "it is in use",
    EDQUOT: "the disk quota is used up",
    EEXIST: "it exists already",
    EFBIG: "it is larger than the file system permits",
    EINVAL: "it cannot be written to in this way",
    EIO: "the disk has an error",
    EISDIR: "it is a folder",
    ELOOP: "its links form a circle",
    EMFILE: "too many files are open",
    ENAMETOOLONG: "the path is too long",
    ENFILE: "too many files are open on this machine",
    ENOENT: "no such folder, and none can be made there",
    ENODEV: "there is no device behind it",
    ENOMEM: "there is too little memory",
    ENOSPC: "the disk is full",
    ENOTDIR: "a part of the path is no folder",
    ENOTSUP: "the file system cannot do this",
    ENXIO: "it is a socket, or there is no device behind it",
    EPERM: "the file system does not permit it",
    EROFS: "the file system is read-only",
    ESPIPE: "it cannot be written to in this way",
    ETXTBSY: "it is a program that runs now",
    ERR_INVALID_ARG_VALUE: "a path has no zero byte",
  }),
);

/** `ESTALE: stale file handle, open 'x'` */
const RAW = /^E[A-Z0-9]+: ([^,]+), \w+/;

/** The words of an error with an errno; the message of any other error. */
export function errnoWords(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code === undefined ? undefined : WORDS.get(code)) ?? RAW.exec(message)?.[1] ?? message;
}

/** An error of a system call that nobody said in words, with the file that it is about; undefined for any other error. */
export function systemErrorWords(error: unknown): string | undefined {
  const { syscall, path } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return undefined;
  return `${path ?? syscall}: ${errnoWords(error)}`;
}

/** The reason that a file cannot be read, for the end of a sentence. */
export function whyUnreadable(error: unknown): string {
  return (error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : errnoWords(error);
}

/** The reason that a file cannot be made or written, for the end of a sentence. */
export function whyUnwritable(error: unknown): string {
  return (error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such folder" : errnoWords(error);
}
