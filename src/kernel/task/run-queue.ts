// Who runs next: tasks that have just woken go before those that use up their turns, so that a crowd of busy ones keeps nobody waiting for long.
import { savable } from "../save.js";
import type { Task } from "./task.js";

/** So many of the woken run one after the other before one of the others gets a turn. */
const WOKEN_AT_MOST = 8;

class Line {
  private tasks: Task[] = [];
  private head = 0;

  get length(): number {
    return this.tasks.length - this.head;
  }

  push(task: Task): void {
    this.tasks.push(task);
  }

  shift(): Task | undefined {
    const task = this.tasks[this.head];
    if (task === undefined) return undefined;
    this.head++;
    if (this.head === this.tasks.length) {
      this.tasks.length = 0;
      this.head = 0;
    } else if (this.head > 256 && this.head * 2 > this.tasks.length) {
      this.tasks = this.tasks.slice(this.head);
      this.head = 0;
    }
    return task;
  }
}

export class RunQueue {
  private readonly woken = new Line();
  private readonly others = new Line();
  private streak = 0;

  get length(): number {
    return this.woken.length + this.others.length;
  }

  /** At the end of its line. `woken`: it has slept. */
  add(task: Task, woken: boolean): void {
    (woken ? this.woken : this.others).push(task);
  }

  take(): Task | undefined {
    const first = this.woken.length > 0 && (this.streak < WOKEN_AT_MOST || this.others.length === 0);
    this.streak = first ? this.streak + 1 : 0;
    return first ? this.woken.shift() : this.others.shift();
  }
}

savable(Line, RunQueue);
