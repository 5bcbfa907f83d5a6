// wait4(2) and waitid(2): flags and the status word.

export const WNOHANG = 0x1;
export const WUNTRACED = 0x2;
export const WSTOPPED = 0x2;
export const WEXITED = 0x4;
export const WCONTINUED = 0x8;
export const WNOWAIT = 0x1000000;
export const __WNOTHREAD = 0x20000000;
export const __WALL = 0x40000000;
export const __WCLONE = 0x80000000;

export const P_ALL = 0;
export const P_PID = 1;
export const P_PGID = 2;
export const P_PIDFD = 3;

// The status word: a normal end, a death by signal, a stop and a continuation.
export const exitedStatus = (code: number): number => (code & 0xff) << 8;
export const signaledStatus = (signal: number, coreDumped = false): number => signal | (coreDumped ? 0x80 : 0);
export const stoppedStatus = (signal: number): number => (signal << 8) | 0x7f;
export const continuedStatus = 0xffff;

export const WIFEXITED = (status: number): boolean => (status & 0x7f) === 0;
export const WEXITSTATUS = (status: number): number => (status >> 8) & 0xff;
export const WIFSIGNALED = (status: number): boolean => (status & 0x7f) !== 0 && (status & 0x7f) !== 0x7f;
export const WTERMSIG = (status: number): number => status & 0x7f;
export const WCOREDUMP = (status: number): boolean => (status & 0x80) !== 0;
export const WIFSTOPPED = (status: number): boolean => (status & 0xff) === 0x7f;
export const WSTOPSIG = WEXITSTATUS;
export const WIFCONTINUED = (status: number): boolean => status === continuedStatus;
