// The error that a person sees when an image can't be had: it names the thing, what is wrong with it and what to do.

export class ImageError extends Error {
  override readonly name = "ImageError";

  /** One line, whatever was quoted in it. */
  constructor(message: string, cause?: unknown) {
    super(message.replace(/\s*\n\s*/g, " "), { cause });
  }
}

/** The `code` of an error that a host operation threw, such as "ENOENT"; "" where it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function isFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes(codeOf(error)) || (error instanceof ImageError && isFull(error.cause));
}

/** Of this computer's disk, not of what was read or fetched. */
export function isLocal(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT", "EACCES", "EPERM", "EROFS", "EIO", "ENOENT", "ENOTDIR", "EISDIR", "EMFILE", "ENFILE"].includes(codeOf(error));
}
