// The answer of a call that has set all registers itself: exec, rt_sigreturn, exit.
import { Wait } from "../wait.js";

/** Never waited for: the dispatcher knows it and leaves the registers alone. */
export const AS_SET = new Wait([], 0);
