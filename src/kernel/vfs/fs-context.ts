// What CLONE_FS shares: root, working directory, umask (Linux: fs_struct).
import { savable } from "../save.js";
import type { Path } from "./path.js";

export class FsContext {
  root: Path;
  cwd: Path;
  umask: number;

  constructor(root: Path, cwd: Path, umask: number) {
    this.root = root;
    this.cwd = cwd;
    this.umask = umask;
  }

  copy(): FsContext {
    return new FsContext(this.root, this.cwd, this.umask);
  }
}

savable(FsContext);
