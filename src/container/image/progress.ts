// What a pull tells while it works.

export interface Progress {
  /** `index` and `packages` count bytes, `unpack` counts packages, or files of a directory. */
  stage: "index" | "packages" | "unpack";
  /** Names of what is under way. */
  what: string[];
  done: number;
  total: number;
}

export type OnProgress = (progress: Progress) => void;
