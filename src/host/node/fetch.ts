// HTTP for downloads on Node: proxies and logins as apt has them, a limit on standing still, redirects.

import http from "node:http";
import https from "node:https";
import tls from "node:tls";
import type { HttpReply } from "../interface/images.js";

/** A transfer on which no byte moves for so long has failed. */
const STALL_MS = 15_000;
const REDIRECTS = 5;

export interface Route {
  proxy(url: URL): string | undefined;
  /** `user:password` for a server, undefined where it needs none. */
  login(url: URL): string | undefined;
}

const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };

export async function get(address: string, headers: Record<string, string>, route: Route, stallMs = STALL_MS): Promise<HttpReply> {
  let url = new URL(address);
  for (let hop = 0; hop <= REDIRECTS; hop++) {
    const reply = await request(url, headers, route, stallMs);
    const status = reply.statusCode ?? 0;
    const { location } = reply.headers;
    if (![301, 302, 303, 307, 308].includes(status) || !location) return wrap(reply, status);
    reply.destroy();
    const next = new URL(location, url);
    if (!/^https?:$/.test(next.protocol)) throw new Error(`${address} redirects to ${next.protocol}, which is not HTTP`);
    if (url.protocol === "https:" && next.protocol === "http:") throw new Error(`${address} redirects from https to http`);
    url = next;
  }
  throw new Error(`${address} redirects more than ${REDIRECTS} times`);
}

async function request(url: URL, given: Record<string, string>, route: Route, stallMs: number): Promise<http.IncomingMessage> {
  const secure = url.protocol === "https:";
  const headers: Record<string, string> = { "user-agent": "nestbox", accept: "*/*", ...given };
  const login = url.username ? `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` : route.login(url);
  if (login !== undefined) headers.authorization = basic(login);
  const proxy = route.proxy(url);
  if (proxy !== undefined && !/^http:\/\/[^/]/.test(proxy)) throw new Error(`the proxy ${proxy} is not one that nestbox can use: only http:// proxies are known`);
  const path = `${url.pathname}${url.search}`;
  const options: https.RequestOptions = { host: bare(url.hostname), port: url.port || (secure ? 443 : 80), path, headers, agent: secure ? agents.https : agents.http };
  if (proxy !== undefined && secure) {
    const socket = await tunnel(new URL(proxy), url, stallMs);
    options.agent = undefined;
    options.createConnection = () => tls.connect({ socket, servername: bare(url.hostname) });
  } else if (proxy !== undefined) {
    const through = new URL(proxy);
    options.host = bare(through.hostname);
    options.port = through.port || 80;
    options.path = `http://${url.host}${path}`;
    headers.host = url.host;
    if (through.username) headers["proxy-authorization"] = basic(`${decodeURIComponent(through.username)}:${decodeURIComponent(through.password)}`);
  }
  return new Promise((resolve, reject) => {
    const outgoing = (secure ? https : http).get(options, resolve);
    outgoing.setTimeout(stallMs, () => outgoing.destroy(stalled(url, stallMs)));
    outgoing.on("error", reject);
  });
}

/** An HTTP proxy's CONNECT, for https. */
function tunnel(proxy: URL, url: URL, stallMs: number): Promise<import("node:stream").Duplex> {
  const headers: Record<string, string> = {};
  if (proxy.username) headers["proxy-authorization"] = basic(`${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`);
  return new Promise((resolve, reject) => {
    const connect = http.request({
      host: bare(proxy.hostname), port: proxy.port || 80, method: "CONNECT", path: `${url.hostname}:${url.port || 443}`, headers,
    });
    connect.setTimeout(stallMs, () => connect.destroy(stalled(proxy, stallMs)));
    connect.on("connect", (reply, socket) => {
      if (reply.statusCode === 200) resolve(socket);
      else reject(new Error(`the proxy ${proxy.host} answers ${reply.statusCode}`));
    });
    connect.on("error", reject);
    connect.end();
  });
}

function wrap(reply: http.IncomingMessage, status: number): HttpReply {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(reply.headers)) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  return { status, headers, body: reply, abandon: () => reply.destroy() };
}

function stalled(url: URL, stallMs: number): Error {
  return Object.assign(new Error(`${url.host} has sent nothing for ${stallMs / 1000} s`), { code: "ETIMEDOUT" });
}

function basic(login: string): string {
  return `Basic ${Buffer.from(login).toString("base64")}`;
}

/** Without the brackets of an IPv6 address. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}
