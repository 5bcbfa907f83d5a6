// Where a machine's thread in Node takes its images and directories from.
import { readBeside } from "../host/node/beside.js";
import { openDirectory } from "../host/node/directory.js";
import { openDisk } from "../host/node/disk.js";
import { nodeHost } from "../host/node/host.js";
import { nodeImageHost } from "../host/node/image-host.js";
import { DEFAULT_IMAGE, ImageError, resolveImage } from "../system/images.js";
import { NestboxError } from "./errors.js";
import type { Platform } from "./platform.js";

export function nodePlatform(): Platform {
  return {
    host: nodeHost(),
    interpreter: () => readBeside("./interpreter.wasm", import.meta.url),
    async openImage(ref, onProgress) {
      try {
        const image = await resolveImage(ref ?? DEFAULT_IMAGE, { host: nodeImageHost(), onProgress });
        return { ref: image.ref, digest: image.digest, packages: image.packages, config: image.config, disk: openDisk(image.diskPath) };
      } catch (error) {
        if (error instanceof ImageError) throw new NestboxError("ERR_IMAGE", error.message);
        throw error;
      }
    },
    openDirectory(path, readOnly) {
      try {
        return openDirectory(path, readOnly);
      } catch (error) {
        const why = error instanceof Error && "code" in error ? String(error.code) : "";
        const remedy = why === "ENOENT" ? "it does not exist: make it first" : why === "ENOTDIR" ? "it is a file; mount the directory around it" : `it can't be opened (${why})`;
        throw new NestboxError("ERR_OPTION", `the directory ${path} can't be mounted: ${remedy}`);
      }
    },
  };
}
