// Downloads through redirects, proxies and servers that stand still.

import { createServer, type Server, type RequestListener } from "node:http";
import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { get, type Route } from "./fetch.js";

const DIRECT: Route = { proxy: () => undefined, login: () => undefined };
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
}

async function text(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts).toString();
}

test("a login is sent to the server it is for, and not to where that one redirects", async () => {
  const heard: (string | undefined)[] = [];
  const second = await listen((request, response) => {
    heard.push(request.headers.authorization);
    response.end("there");
  });
  const first = await listen((request, response) => {
    heard.push(request.headers.authorization);
    response.writeHead(302, { location: `http://${second}/new` }).end();
  });
  const reply = await get(`http://${first}/old`, {}, { ...DIRECT, login: (url) => (url.host === first ? "me:secret" : undefined) });
  expect(await text(reply.body)).toBe("there");
  expect(heard).toEqual([`Basic ${Buffer.from("me:secret").toString("base64")}`, undefined]);
});

test("a circle of redirects ends", async () => {
  const server = await listen((_request, response) => { response.writeHead(302, { location: "/again" }).end(); });
  await expect(get(`http://${server}/`, {}, DIRECT)).rejects.toThrow(/redirects more than/);
});

test("a redirect to something else than HTTP is refused", async () => {
  const server = await listen((_request, response) => { response.writeHead(302, { location: "file:///etc/passwd" }).end(); });
  await expect(get(`http://${server}/`, {}, DIRECT)).rejects.toThrow(/which is not HTTP/);
});

test("a proxy is asked for the whole address", async () => {
  const proxy = await listen((request, response) => { response.end(`${request.url} ${request.headers.host} ${request.headers["proxy-authorization"]}`); });
  const reply = await get("http://mirror.example/debian/x", {}, { ...DIRECT, proxy: () => `http://u:p@${proxy}` });
  expect(await text(reply.body)).toBe(`http://mirror.example/debian/x mirror.example Basic ${Buffer.from("u:p").toString("base64")}`);
});

test("https goes through the proxy's CONNECT", async () => {
  const asked: (string | undefined)[] = [];
  const proxy = await listen((_request, response) => { response.end(); });
  servers[0].on("connect", (request, socket) => {
    asked.push(request.url);
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  await expect(get("https://mirror.example/x", {}, { ...DIRECT, proxy: () => `http://${proxy}` })).rejects.toThrow(/proxy .* answers 403/);
  expect(asked).toEqual(["mirror.example:443"]);
});

test("a server that says nothing, or stops in the middle, is given up", async () => {
  const silent = await listen(() => undefined);
  await expect(get(`http://${silent}/`, {}, DIRECT, 50)).rejects.toMatchObject({ code: "ETIMEDOUT" });
  const stopping = await listen((_request, response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write("some");
  });
  const reply = await get(`http://${stopping}/`, {}, DIRECT, 50);
  await expect(text(reply.body)).rejects.toThrow();
});

test("nobody there is an error with its code", async () => {
  const server = await listen((_request, response) => { response.end(); });
  servers[0].close();
  await new Promise((resolve) => connect({ host: "127.0.0.1", port: Number(server.split(":")[1]) }).on("error", resolve));
  await expect(get(`http://${server}/`, {}, DIRECT)).rejects.toMatchObject({ code: "ECONNREFUSED" });
});
