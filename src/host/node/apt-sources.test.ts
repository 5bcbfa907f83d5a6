// What is read out of apt's configuration, in the forms that Debian's installers write.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { aptProxy, findLogin, parseAptConfiguration, parseAptLogins, parseDeb822Sources, parseOneLineSources, readAptMirrors } from "./apt-sources.js";

test("one-line sources: Debian's archive is found, other archives and sources are not", () => {
  expect(parseOneLineSources(`# deb http://commented.example/debian bookworm main
deb cdrom:[Debian GNU/Linux 12]/ bookworm main
deb http://security.example/debian-security bookworm-security main
deb-src http://source.example/debian bookworm main
deb https://packages.example/apt cloud-sdk-bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] http://mirror.example/debian/ bookworm main contrib # comment
deb http://second.example/debian bookworm-updates main
deb http://ubuntu.example/ubuntu noble main`)).toEqual(["http://mirror.example/debian", "http://second.example/debian"]);
});

test("deb822 sources: several URIs, folded fields, disabled stanzas, comments", () => {
  expect(parseDeb822Sources(`# first
Types: deb deb-src
# http://snapshot.example/archive
URIs: http://one.example/debian/ https://two.example/debian
Suites: bookworm
 bookworm-updates
Components: main

Types: deb
URIs: http://off.example/debian
Suites: trixie
Components: main
Enabled: no

Types: deb-src
URIs: http://source.example/debian
Suites: trixie
Components: main

Types: deb
URIs: http://security.example/debian-security
Suites: trixie-security
Components: main
`)).toEqual(["http://one.example/debian", "https://two.example/debian"]);
});

test("sources are read where apt's configuration says, lists of mirrors included", async () => {
  const etc = mkdtempSync(join(tmpdir(), "nestbox-apt-"));
  try {
    mkdirSync(join(etc, "sources.list.d"));
    writeFileSync(join(etc, "mirrors.list"), "# comment\nhttps://listed.example/debian\tpriority:1\n");
    writeFileSync(join(etc, "sources.list"), "");
    writeFileSync(join(etc, "sources.list.d/b.list"), "deb http://one.example/debian sid main\n");
    writeFileSync(join(etc, "sources.list.d/a.sources"), `Types: deb\nURIs: mirror+file://${etc}/mirrors.list\nSuites: trixie\nComponents: main\n`);
    writeFileSync(join(etc, "sources.list.d/c.list.save"), "deb http://old.example/debian sid main\n");
    const mirrors = await readAptMirrors(parseAptConfiguration(`Dir "/";\nDir::Etc "${etc.slice(1)}";\nDir::Etc::sourcelist "sources.list";\n`));
    expect(mirrors.map((each) => each.url)).toEqual(["https://listed.example/debian", "http://one.example/debian"]);
  } finally {
    rmSync(etc, { recursive: true });
  }
});

test("the proxy is apt's for the host, for the protocol, or the environment's", () => {
  const settings = parseAptConfiguration('Acquire::http::Proxy "http://proxy.example:3128";\nAcquire::http::Proxy::near.example "DIRECT";\n');
  expect(aptProxy(settings, {}, new URL("http://far.example/"))).toBe("http://proxy.example:3128");
  expect(aptProxy(settings, {}, new URL("http://near.example/"))).toBeUndefined();
  const env = { http_proxy: "http://env.example:8080", no_proxy: "localhost,.inside.example" };
  expect(aptProxy(new Map(), env, new URL("http://far.example/"))).toBe("http://env.example:8080");
  expect(aptProxy(new Map(), env, new URL("http://a.inside.example/"))).toBeUndefined();
  expect(aptProxy(new Map(), {}, new URL("http://far.example/"))).toBeUndefined();
});

test("logins of auth.conf hold for their host and path, and over http only where that is written", () => {
  const logins = parseAptLogins("# comment\nmachine one.example/private\nlogin me password secret\nmachine http://two.example login you password pass\n");
  expect(findLogin(logins, new URL("https://one.example/private/x"))?.login).toBe("me");
  expect(findLogin(logins, new URL("http://one.example/private/x"))).toBeUndefined();
  expect(findLogin(logins, new URL("https://one.example/public"))).toBeUndefined();
  expect(findLogin(logins, new URL("http://two.example/"))?.password).toBe("pass");
});
