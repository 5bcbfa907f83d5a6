// Between two tests the event loop turns once: tests that wait for programs synchronously would otherwise keep vitest's own messages waiting until it gives up.
import { afterEach } from "vitest";

afterEach(() => new Promise<void>((resolve) => void setTimeout(() => setImmediate(resolve), 0)));
