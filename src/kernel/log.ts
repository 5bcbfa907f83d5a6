// The kernel's log (dmesg): a ring of records that syslog(2) and /dev/kmsg read.
import type { ByteString } from "./bytestring.js";
import { savable } from "./save.js";
import { WaitQueue } from "./wait.js";

export interface LogRecord {
  readonly sequence: number;
  /** Syslog priority: facility * 8 + level. */
  readonly priority: number;
  /** Microseconds since boot. */
  readonly us: number;
  readonly text: ByteString;
}

/** What SYSLOG_ACTION_SIZE_BUFFER tells. */
export const LOG_BUFFER_BYTES = 131072;

export class KernelLog {
  readonly records: LogRecord[] = [];
  /** The next record's number. */
  sequence = 0;
  /** The first record that SYSLOG_ACTION_READ has not seen. */
  readFrom = 0;
  /** The first record after SYSLOG_ACTION_CLEAR. */
  clearedAt = 0;
  private bytes = 0;
  /** Woken by each new record. */
  readonly written = new WaitQueue();

  add(text: ByteString, nowNs: number, priority = 6): void {
    this.records.push({ sequence: this.sequence++, priority, us: Math.floor(nowNs / 1000), text });
    this.bytes += text.length + 24;
    while (this.bytes > LOG_BUFFER_BYTES) this.bytes -= (this.records.shift()?.text.length ?? 0) + 24;
    this.written.wake();
  }

  /** As dmesg shows it: "<6>[    0.000000] text". */
  static line(record: LogRecord): ByteString {
    const seconds = Math.floor(record.us / 1e6);
    const micros = String(record.us % 1e6).padStart(6, "0");
    return `<${record.priority}>[${String(seconds).padStart(5)}.${micros}] ${record.text}\n`;
  }
}

savable(KernelLog);
