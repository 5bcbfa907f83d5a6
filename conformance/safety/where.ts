// Where the threads of this process stand, asked of the engine's debugger: for a machine that hangs.
import { Session } from "node:inspector";

interface Paused { method: string; params: { callFrames: { functionName: string; url: string; location: { lineNumber: number } }[] } }

const FRAMES = 12;

/** A line for each frame of each thread that is at work; threads that sleep don't answer and are left out. */
export async function whereThreadsStand(patienceMs = 3000): Promise<string[]> {
  const session = new Session();
  session.connect();
  const lines: string[] = [];
  session.on("NodeWorker.attachedToWorker", ({ params: { sessionId } }) => {
    const send = (id: number, method: string): void => session.post("NodeWorker.sendMessageToWorker", { sessionId, message: JSON.stringify({ id, method }) });
    send(1, "Debugger.enable");
    send(2, "Debugger.pause");
  });
  session.on("NodeWorker.receivedMessageFromWorker", ({ params: { sessionId, message } }) => {
    const told = JSON.parse(message) as Paused;
    if (told.method !== "Debugger.paused") return;
    lines.push(...told.params.callFrames.slice(0, FRAMES).map(({ functionName, url, location }) => `at ${functionName} ${url.replace(/.*\/(src|dist)\//, "$1/")}:${location.lineNumber + 1}`));
    session.post("NodeWorker.sendMessageToWorker", { sessionId, message: JSON.stringify({ id: 3, method: "Debugger.resume" }) });
  });
  session.post("NodeWorker.enable", { waitForDebuggerOnStart: false });
  await new Promise((resolve) => setTimeout(resolve, patienceMs));
  session.disconnect();
  return lines;
}
