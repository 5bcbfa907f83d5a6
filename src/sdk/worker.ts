// The thread of a machine in Node.
import { parentPort } from "node:worker_threads";
import { openSystem } from "./local.js";
import { nodePlatform } from "./node-platform.js";
import type { ToMachine } from "./protocol.js";
import { Server } from "./serve.js";

const port = parentPort;
if (port === null) throw new Error("this is the thread of a machine; import nestbox instead");
const server = new Server(nodePlatform(), openSystem, (message, transfer = []) => port.postMessage(message, transfer));
port.on("message", (message: ToMachine) => server.receive(message));
