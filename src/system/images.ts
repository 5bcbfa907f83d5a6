// Images, for those who may not enter the container room themselves.
export { DEFAULT_IMAGE, ImageError, listImages, pull, removeImage, resolveImage } from "../container/image/index.js";
export type { Image, ImageConfig, ImageHost, OnProgress, Progress } from "../container/image/index.js";
