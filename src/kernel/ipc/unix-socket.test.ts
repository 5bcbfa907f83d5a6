// Unix sockets through their calls.
import { expect, test } from "vitest";
import { SIGPIPE } from "../../abi/signal.js";
import { AF_INET, AF_UNIX, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, MSG_WAITALL, SCM_RIGHTS, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, SOL_SOCKET, SO_PEERCRED, SO_TYPE } from "../../abi/socket.js";
import { Computer, type Program } from "./testing/computer.js";

function pair(program: Program, type: number): [number, number] {
  expect(program.call("socketpair", AF_UNIX, type, 0, program.at)).toBe(0);
  return program.pair(0);
}

/** Puts a sockaddr_un and returns address and length. */
function address(program: Program, name: string): [number, number] {
  return [program.put(512, `\x01\0${name}`), 2 + name.length];
}

/** A struct msghdr at 1024 with one piece of `length` bytes at 2048 and `control` bytes of control messages at 3072. */
function header(program: Program, length: number, control: number): number {
  const { at } = program;
  const { memory } = program.task;
  [0, 0, at + 1200, 1, control === 0 ? 0 : at + 3072, control, 0].forEach((value, i) => memory.writeU64(at + 1024 + 8 * i, value));
  memory.writeU64(at + 1200, at + 2048);
  memory.writeU64(at + 1208, length);
  return at + 1024;
}

function sendRights(program: Program, socket: number, text: string, ...fds: number[]): unknown {
  const length = 16 + 4 * fds.length;
  const message = header(program, text.length, length);
  program.put(2048, text);
  program.ints(3072, length, 0, SOL_SOCKET, SCM_RIGHTS, ...fds);
  return program.call("sendmsg", socket, message, 0);
}

test("a stream has no boundaries, packets keep theirs and are cut with MSG_TRUNC", () => {
  const program = new Computer().program();
  const [a, b] = pair(program, SOCK_STREAM);
  program.write(a, "ab");
  program.write(a, "cd");
  expect(program.read(b)).toBe('"abcd"');
  for (const type of [SOCK_DGRAM, SOCK_SEQPACKET]) {
    const [c, d] = pair(program, type);
    program.write(c, "first");
    program.write(c, "second");
    expect(program.call("recvfrom", d, program.at + 0x9000, 3, MSG_PEEK | MSG_TRUNC, 0, 0)).toBe(5);
    expect(program.read(d, 3)).toBe('"fir"');
    expect(program.read(d)).toBe('"second"');
  }
});

test("after the other end closed: what is left, then the end; writing is EPIPE with SIGPIPE", () => {
  const program = new Computer().program();
  const [a, b] = pair(program, SOCK_STREAM);
  program.write(a, "last");
  program.call("close", a);
  expect(program.read(b)).toBe('"last"');
  expect(program.read(b)).toBe('""');
  expect(program.write(b, "x")).toBe("EPIPE");
  expect(program.signals()).toEqual([SIGPIPE]);
});

test("bind, listen, connect and accept by path and by abstract name", () => {
  const computer = new Computer();
  for (const name of ["/sock", "\0abstract"]) {
    const server = computer.program();
    const client = computer.program();
    expect(server.call("socket", AF_UNIX, SOCK_STREAM, 0)).toBe(0);
    expect(client.call("socket", AF_UNIX, SOCK_STREAM, 0)).toBe(0);
    expect(client.call("connect", 0, ...address(client, name))).toBe(name === "/sock" ? "ENOENT" : "ECONNREFUSED");
    expect(server.call("bind", 0, ...address(server, name))).toBe(0);
    expect(client.call("connect", 0, ...address(client, name))).toBe("ECONNREFUSED");
    expect(client.call("bind", 0, ...address(client, name))).toBe("EADDRINUSE");
    expect(server.call("listen", 0, 5)).toBe(0);
    expect(server.call("accept4", 0, 0, 0, 0)).toBe("waits");
    expect(client.call("connect", 0, ...address(client, name))).toBe(0);
    expect(client.write(0, "hi")).toBe(2);
    expect(server.again("accept4", 0, 0, 0, 0)).toBe(1);
    expect(server.read(1)).toBe('"hi"');
    expect(server.call("getsockopt", 1, SOL_SOCKET, SO_PEERCRED, server.at, server.ints(64, 12))).toBe(0);
    expect([server.int(0), server.int(4), server.int(8)]).toEqual([client.task.process.pid, 0, 0]);
    client.call("getpeername", 0, client.at, client.ints(64, 110));
    expect(client.text(0, client.int(64))).toBe(`\x01\0${name}${name === "/sock" ? "\0" : ""}`);
    server.call("close", 0);
    const other = computer.program();
    other.call("socket", AF_UNIX, SOCK_STREAM, 0);
    expect(other.call("connect", 0, ...address(other, name))).toBe("ECONNREFUSED");
  }
});

test("a descriptor in a message arrives as a new one for the same file", () => {
  const computer = new Computer();
  const program = computer.program();
  const [a, b] = pair(program, SOCK_STREAM);
  expect(program.call("pipe2", program.at, 0)).toBe(0);
  const [from, to] = program.pair(0);
  expect(sendRights(program, a, "x", to)).toBe(1);
  program.call("close", to);
  expect(program.call("recvmsg", b, header(program, 10, 64), 0)).toBe(1);
  const got = program.int(3072 + 16);
  expect([program.int(3072), program.int(3072 + 8), program.int(3072 + 12)]).toEqual([20, SOL_SOCKET, SCM_RIGHTS]);
  expect(program.write(got, "through")).toBe(7);
  expect(program.read(from)).toBe('"through"');
  program.call("close", got);
  expect(program.read(from)).toBe('""');
});

test("sockets that only messages in themselves refer to are found and freed", () => {
  const computer = new Computer();
  const program = computer.program();
  const before = computer.kernel.frames.used;
  for (let i = 0; i < 50; i++) {
    const [a, b] = pair(program, SOCK_STREAM);
    expect(sendRights(program, a, "x", a, b)).toBe(1);
    expect(sendRights(program, b, "x", a, b)).toBe(1);
    program.call("close", a);
    program.call("close", b);
  }
  expect(computer.kernel.frames.used).toBeLessThan(before + 70);
  // As on Linux, the next socket that is closed has the last ones cleared away too.
  program.call("close", Number(program.call("socket", AF_UNIX, SOCK_STREAM, 0)));
  expect(computer.kernel.frames.used).toBe(before);
});

test("MSG_WAITALL waits until all has come", () => {
  const program = new Computer().program();
  const [a, b] = pair(program, SOCK_STREAM);
  program.write(a, "abc");
  const into = program.at + 0xa000;
  expect(program.call("recvfrom", b, into, 6, MSG_WAITALL, 0, 0)).toBe("waits");
  const so = { ...program.task.resume };
  program.write(a, "defg");
  Object.assign(program.task.resume, so);
  expect(program.again("recvfrom", b, into, 6, MSG_WAITALL, 0, 0)).toBe(6);
  expect(program.text(0xa000, 6)).toBe("abcdef");
});

test("a stream's buffer is bounded and room comes back as it is read", () => {
  const program = new Computer().program();
  const [a, b] = pair(program, SOCK_STREAM);
  let sent = 0;
  for (;;) {
    const n = program.call("sendto", a, program.at, 0x8000, MSG_DONTWAIT, 0, 0);
    if (typeof n === "string") {
      expect(n).toBe("EAGAIN");
      break;
    }
    sent += n;
  }
  expect(sent).toBeGreaterThan(150_000);
  expect(sent).toBeLessThan(300_000);
  program.call("read", b, program.at, 0x8000);
  expect(program.call("sendto", a, program.at, 100, MSG_DONTWAIT, 0, 0)).toBe(100);
});

test("other families are refused, other descriptors are no sockets", () => {
  const program = new Computer().program();
  expect(program.call("socket", AF_INET, SOCK_STREAM, 0)).toBe("EAFNOSUPPORT");
  program.call("pipe2", program.at, 0);
  expect(program.call("getsockopt", 0, SOL_SOCKET, SO_TYPE, program.at, program.at)).toBe("ENOTSOCK");
});

// Recorded on Linux 6.18: python3 -c "import socket as s;a,b=s.socketpair();a.setblocking(0)
// n=0
// while 1: n+=a.send(b'z'*1000)" counts 93000 bytes, with one byte each 278.
test("so many messages fit as on Linux", () => {
  for (const type of [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET]) {
    for (const [length, count] of [[1000, 93], [1, 278]]) {
      const program = new Computer().program();
      const [a] = pair(program, type);
      let sent = 0;
      while (program.call("sendto", a, program.at, length, MSG_DONTWAIT, 0, 0) === length) sent++;
      expect(sent).toBe(count);
    }
  }
});

// Recorded on Linux 6.18 with python3's select.poll() and 0x3fff as events.
test("poll tells of sockets what Linux tells", () => {
  const program = new Computer().program();
  const poll = (fd: number): number => {
    program.call("ppoll", program.ints(256, fd, 0x3fff), 1, program.ints(300, 0, 0, 0, 0), 0, 8);
    return program.int(260) >>> 16;
  };
  const [a, b] = pair(program, SOCK_STREAM);
  expect(poll(a)).toBe(0x304);
  program.write(b, "hi");
  program.write(a, "x");
  expect(poll(a)).toBe(0x345);
  program.call("close", b);
  expect(poll(a)).toBe(0x235d);
  expect([program.read(a), program.read(a), program.read(a)]).toEqual(['"hi"', "ECONNRESET", '""']);
  expect(poll(a)).toBe(0x2355);
  const [c, d] = pair(program, SOCK_SEQPACKET);
  program.call("shutdown", c, 1);
  expect([poll(c), poll(d)]).toEqual([0x304, 0x2345]);
  expect(poll(Number(program.call("socket", AF_UNIX, SOCK_STREAM, 0)))).toBe(0x314);
  expect(poll(Number(program.call("socket", AF_UNIX, SOCK_DGRAM, 0)))).toBe(0x304);
});
