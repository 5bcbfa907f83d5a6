// What a process does on each signal (sigaction(2)); shared by all that CLONE_SIGHAND made.
import { NSIG, SIG_DFL, SIG_IGN } from "../../abi/signal.js";
import { savable } from "../save.js";

/** struct sigaction: handler is SIG_DFL, SIG_IGN or an address. */
export interface SignalAction {
  readonly handler: number;
  /** SA_*, unsigned. */
  readonly flags: number;
  readonly mask: bigint;
}

const defaultAction: SignalAction = { handler: SIG_DFL, flags: 0, mask: 0n };

export class SignalActions {
  private actions: SignalAction[] = Array.from({ length: NSIG + 1 }, () => defaultAction);
  /** Tasks that share it. */
  users = 1;

  get(signal: number): SignalAction {
    return this.actions[signal];
  }

  set(signal: number, action: SignalAction): void {
    this.actions[signal] = action;
  }

  copy(): SignalActions {
    const copy = new SignalActions();
    copy.actions = [...this.actions];
    return copy;
  }

  /** exec: handlers are gone, what was ignored stays so unless `ignoredToo` (CLONE_CLEAR_SIGHAND keeps ignored ones as well). */
  reset(): void {
    this.actions = this.actions.map((action) => (action.handler === SIG_IGN ? { handler: SIG_IGN, flags: 0, mask: 0n } : defaultAction));
  }
}

savable(SignalActions);
