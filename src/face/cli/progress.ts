// How a pull tells its progress: one moving line on a terminal, a few lines elsewhere.
import { isatty } from "node:tty";
import { clock, shownBytes, type PullProgress } from "../../sdk/here.js";
import { say, sayRaw } from "./say.js";

const EVERY_NS = 80e6;

const titles = { index: "package index", packages: "packages", unpack: "unpacking" } as const;

function amount({ stage, done, total }: PullProgress): string {
  return stage === "unpack" ? `${done} of ${total}` : `${shownBytes(done)} of ${shownBytes(total)}`;
}

export interface PullTeller {
  readonly onProgress: (progress: PullProgress) => void;
  /** Clears the moving line. */
  done(): void;
}

/** Sizes are told before anything is fetched; nothing is told where nothing is fetched. */
export function tellPull(ref: string): PullTeller {
  const moving = isatty(2);
  let stage: PullProgress["stage"] | undefined;
  let shownAtNs = 0;
  const clear = (): void => {
    if (moving && stage !== undefined) sayRaw("\r\x1b[K");
  };
  return {
    onProgress(progress) {
      if (progress.stage !== stage) {
        clear();
        if (stage === undefined) say(`fetching ${ref}`);
        stage = progress.stage;
        const size = progress.stage === "unpack" ? `${progress.total} ${ref.startsWith("dir:") ? "files" : "packages"}` : shownBytes(progress.total);
        if (progress.total > 0) say(`${titles[stage]}: ${size}`);
      }
      const now = clock.monotonicNs();
      if (!moving || (now - shownAtNs < EVERY_NS && progress.done < progress.total)) return;
      shownAtNs = now;
      const line = `${titles[progress.stage]} ${amount(progress)} ${progress.what.join(" ")}`;
      sayRaw(`\r\x1b[K${line.slice(0, Math.max(20, (process.stderr.columns || 80) - 1))}`);
    },
    done: clear,
  };
}
