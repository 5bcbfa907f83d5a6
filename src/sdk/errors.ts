// The one error of the SDK.

/**
 * - `ERR_OPTION`: an option that was given makes no sense; the message names it.
 * - `ERR_IMAGE`: the image can't be had: unknown, no mirror, broken download, full disk.
 * - `ERR_NOT_FOUND`: no program of that name is in the image (the shell's 127).
 * - `ERR_NOT_EXECUTABLE`: the file is there and can't be executed (the shell's 126).
 * - `ERR_FILE`: a file operation failed; `errno` says how.
 * - `ERR_NOT_YET`: this version does not have it.
 * - `ERR_STOPPED`: the machine was stopped.
 * - `ERR_MACHINE`: the machine itself broke; this is a fault of Nestbox.
 */
export type NestboxErrorCode = "ERR_OPTION" | "ERR_IMAGE" | "ERR_NOT_FOUND" | "ERR_NOT_EXECUTABLE" | "ERR_FILE" | "ERR_NOT_YET" | "ERR_STOPPED" | "ERR_MACHINE";

export class NestboxError extends Error {
  override readonly name = "NestboxError";
  readonly code: NestboxErrorCode;
  /** For `ERR_FILE`: Linux's name of the error, such as "ENOENT". */
  readonly errno: string | undefined;
  /** For `ERR_FILE`: the path inside. */
  readonly path: string | undefined;

  constructor(code: NestboxErrorCode, message: string, file?: { errno: string; path: string }) {
    super(message);
    this.code = code;
    this.errno = file?.errno;
    this.path = file?.path;
  }
}
