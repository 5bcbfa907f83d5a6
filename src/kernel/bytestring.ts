// Guest strings: every string of a guest (path, name, argument, environment) is held as one character per byte (latin1),
// so that no file name is lost to UTF-8. Only the host's boundary converts.

/** A string whose every character is a byte, 0 to 255. */
export type ByteString = string;

export function toBytes(text: ByteString): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export function fromBytes(bytes: Uint8Array): ByteString {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

/** Half of a surrogate pair without the other. */
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** An ordinary JavaScript string as the bytes of its UTF-8 form. */
export function encodeUtf8(text: string): ByteString {
  return unescape(encodeURIComponent(text.replace(LONE_SURROGATE, "\ufffd")));
}

/** The bytes read as UTF-8; what is not UTF-8 stays as it is, byte for byte. */
export function decodeUtf8(text: ByteString): string {
  try {
    return decodeURIComponent(escape(text));
  } catch {
    return text;
  }
}
