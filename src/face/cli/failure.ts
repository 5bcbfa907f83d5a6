// What ends the tool with a line on standard error: its own failures and slips of the person who called it.

/** The exit statuses of docker and of timeout(1). */
export const OWN_FAILURE = 125;
export const NOT_EXECUTABLE = 126;
export const NOT_FOUND = 127;
export const TIMED_OUT = 124;

/** One line that names the thing, what is wrong with it and what to do. */
export class Failure extends Error {
  readonly status: number;

  constructor(message: string, status = OWN_FAILURE) {
    super(message);
    this.status = status;
  }
}
