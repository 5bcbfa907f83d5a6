#!/usr/bin/env python3
"""Records what a real Linux terminal does with given bytes, for src/kernel/tty/line-discipline.test.ts.

    python3 conformance/tty/record.py > src/kernel/tty/recorded/line-discipline.json

Each case sets a pty's termios, then goes through steps: "input" types bytes at the master, "read" reads from the slave without
blocking, "write" writes to it, "output" takes all that the master sees, "signals" tells which were sent to the foreground group,
"inq" is FIONREAD, "mode" changes termios. The results are stored with the steps.
"""
import fcntl, json, os, random, signal, struct, sys, termios, time

NAMES_I = ["ISTRIP", "INLCR", "IGNCR", "ICRNL", "IXON", "IXANY"]
IUTF8, IUCLC, PARMRK, OLCUC = 0o40000, 0o1000, 0o10, 0o2
ECHOCTL, ECHOPRT, ECHOKE, IEXTEN = 0o1000, 0o2000, 0o4000, 0o100000
TCGETS, TCSETS = 0x5401, 0x5402
I, O, L = termios.ICRNL | termios.IXON, termios.OPOST | termios.ONLCR, (
    termios.ISIG | termios.ICANON | termios.ECHO | termios.ECHOE | termios.ECHOK | ECHOCTL | ECHOKE | IEXTEN)
C = 0o277
CC = [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0]
SIGNALS = [signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP]


def mode(i=I, o=O, l=L, cc=None):
    chars = list(CC)
    for at, value in (cc or {}).items():
        chars[at] = value
    return {"iflag": i, "oflag": o, "cflag": C, "lflag": l, "cc": chars}


def case(name, m, *steps):
    return {"name": name, "mode": m, "steps": [list(s) for s in steps]}


def typed(*pieces):
    """Types each piece, then shows the screen, and reads to the end."""
    for piece in pieces:
        yield ("input", (piece if isinstance(piece, bytes) else piece.encode("latin1")).hex())
        yield ("output",)
        yield ("signals",)
    yield ("inq",)
    for _ in range(4):
        yield ("read", 100)


def cases():
    yield case("a line", mode(), *typed("hello\r"))
    yield case("two lines at once", mode(), *typed("one\ntwo\nthree"))
    yield case("erase", mode(), *typed("abc\x7f\x7fd\r"))
    yield case("erase beyond the start", mode(), *typed("a\x7f\x7f\x7fb\r"))
    yield case("erase a control character", mode(), *typed("a\x01\x7fb\r"))
    yield case("erase a tab", mode(), *typed("ab\tc\x7f\x7fd\r"))
    yield case("erase a tab after a tab", mode(), *typed("a\tbc\t\x7f\x7f\x7f\x7f\r"))
    yield case("erase a tab behind a prompt", mode(), ("write", b"prompt> ".hex()), *typed("a\tb\x7f\x7f\x7f", "x\r"))
    yield case("word erase", mode(), *typed("one two-three  \x17\x17four\r"))
    yield case("word erase with underscore", mode(), *typed("foo_bar+baz\x17\x17\r"))
    yield case("kill", mode(), *typed("one two\x15three\r"))
    yield case("kill without ECHOKE", mode(l=L & ~ECHOKE), *typed("one\x15two\r"))
    yield case("kill without ECHOK", mode(l=L & ~termios.ECHOK), *typed("one\x15two\r"))
    yield case("kill without ECHOE", mode(l=L & ~termios.ECHOE), *typed("one\x15two\x7f\r"))
    yield case("reprint", mode(), *typed("one\x12two\r"))
    yield case("literal next", mode(), *typed("a\x16\x03b\x16\x7f\x16\rc\r"))
    yield case("literal next at the end", mode(), *typed("a\x16", "\x04", "\r"))
    yield case("end of file", mode(), *typed("\x04"))
    yield case("end of file in a line", mode(), *typed("abc\x04", "def\x04\x04"))
    yield case("end of file right behind what was asked for", mode(), ("input", b"abc\x04".hex()), ("output",), ("inq",), ("read", 3), ("read", 3))
    yield case("a line read in pieces", mode(), ("input", b"abcdefgh\r".hex()), ("output",), ("read", 3), ("inq",), ("read", 3), ("read", 3), ("read", 3))
    yield case("EOL and EOL2", mode(cc={11: ord(";"), 16: ord(":")}), *typed("a;b:c\r"))
    yield case("no echo", mode(l=L & ~termios.ECHO), *typed("secret\x7f\x15x\r"))
    yield case("ECHONL alone", mode(l=(L & ~termios.ECHO) | termios.ECHONL), *typed("secret\r"))
    yield case("ECHOPRT", mode(l=L | ECHOPRT), *typed("abcd\x7f\x7fe\x7f\x7f\x7f\r"))
    yield case("ECHOPRT erasing all", mode(l=L | ECHOPRT), *typed("ab\x7f\x7fx\r"))
    yield case("without ECHOCTL", mode(l=L & ~ECHOCTL), *typed("a\x01\x7fb\x16\x02\r"))
    yield case("UTF-8 erase", mode(i=I | IUTF8), *typed("a\u00e9\u4e16\x7f\x7fb\r".encode("utf8")))
    yield case("UTF-8 without IUTF8", mode(), *typed("a\u00e9\x7fb\r".encode("utf8")))
    yield case("UTF-8 tab", mode(i=I | IUTF8), *typed("\u4e16\u00e9\t\x7fb\r".encode("utf8")))
    yield case("UTF-8 ECHOPRT", mode(i=I | IUTF8, l=L | ECHOPRT), *typed("\u00e9\u4e16\x7f\x7fb\r".encode("utf8")))
    yield case("byte 0xff", mode(), *typed(b"a\xffb\x7f\x7f\xff\r"))
    yield case("byte 0xff with PARMRK", mode(i=I | PARMRK), *typed(b"a\xffb\r"))
    yield case("INTR", mode(), *typed("abc", "\x03", "d\r"))
    yield case("INTR in one piece with text", mode(), *typed("abc\x03def\r"))
    yield case("QUIT and SUSP", mode(), *typed("a\x1c", "b\x1a", "\r"))
    yield case("INTR with NOFLSH", mode(l=L | termios.NOFLSH), *typed("abc", "\x03", "d\r"))
    yield case("without ISIG", mode(l=L & ~termios.ISIG), *typed("a\x03b\r"))
    yield case("signal without echo", mode(l=L & ~termios.ECHO), *typed("a", "\x03", "b\r"))
    yield case("IGNCR", mode(i=termios.IGNCR), *typed("a\rb\n"))
    yield case("INLCR", mode(i=termios.INLCR), *typed("a\nb\x04"))
    yield case("neither mapping", mode(i=0), *typed("a\rb\n"))
    yield case("ISTRIP", mode(i=I | termios.ISTRIP), *typed(b"\xe1\xe2\x8d"))
    yield case("IUCLC", mode(i=I | IUCLC), *typed("ABC\x16DE\r"))
    yield case("flow control", mode(), ("input", "13"), ("write", b"held".hex()), ("output",), ("input", "11"), ("output",), ("write", b"free".hex()), ("output",))
    yield case("echo is held back", mode(), *typed("\x13", "abc", "\x11", "\r"))
    yield case("IXANY", mode(i=I | termios.IXANY), *typed("\x13", "abc", "\r"))
    yield case("STOP ended by INTR", mode(), *typed("\x13", "abc", "\x03", "d\r"))
    yield case("without IXON", mode(i=I & ~termios.IXON), *typed("a\x13b\x11\r"))
    yield case("raw", mode(i=0, o=0, l=0), *typed("a\r\n\x03\x04\x7f"))
    yield case("cbreak", mode(l=L & ~termios.ICANON), *typed("ab\r\x7f\x04\x15", "\x03x"))
    yield case("cbreak echo of newline", mode(i=0, l=L & ~termios.ICANON), *typed("a\nb\rc"))
    yield case("ICANON off with a half line", mode(), ("input", b"half".hex()), ("output",), ("inq",), ("read", 10), ("mode", mode(l=L & ~termios.ICANON)), ("inq",), ("read", 10))
    yield case("ICANON off and on again", mode(), ("input", b"a\rhalf".hex()), ("output",), ("mode", mode(l=L & ~termios.ICANON)), ("inq",), ("mode", mode()), ("inq",), ("input", b"x\r".hex()), ("output",), ("read", 10), ("read", 10), ("read", 10))
    yield case("IXON switched off while stopped", mode(), ("input", b"\x13abc".hex()), ("output",), ("mode", mode(i=termios.ICRNL)), ("output",), ("input", "0d"), ("output",), ("read", 10))
    for name, o in [("ONLCR", O), ("OPOST alone", termios.OPOST), ("no OPOST", termios.ONLCR), ("OCRNL", termios.OPOST | termios.OCRNL),
                    ("ONOCR", O | termios.ONOCR), ("ONLRET", termios.OPOST | termios.ONLRET), ("XTABS", O | termios.TABDLY),
                    ("OLCUC", O | OLCUC), ("ONOCR OCRNL ONLRET", termios.OPOST | termios.ONOCR | termios.OCRNL | termios.ONLRET | termios.TABDLY)]:
        yield case(f"output with {name}", mode(o=o), ("write", b"\rab\tc\nd\te\r\tf\n\r\rg\b\b\b\th\x01\t\xe9\xffi".hex()), ("output",), ("write", "0a09"), ("output",))
    yield case("a line longer than the buffer", mode(l=L & ~termios.ECHO), ("input", (b"x" * 1500).hex()), ("input", (b"y" * 1500).hex()), ("input", (b"z" * 1500).hex()),
               ("input", b"tail\r".hex()), ("inq",), ("read", 5000), ("read", 5000))
    yield case("many lines fill the buffer", mode(l=L & ~termios.ECHO), *[("input", (b"0123456789\r" * 100).hex())] * 5, ("inq",), *[("read", 100)] * 3, ("inq",))
    yield case("disabled characters", mode(cc={0: 0, 2: 0, 4: 0}), *typed(b"a\x00b\x03\x7f\x04\r"))
    random.seed(20261)
    for n in range(120):
        yield randomised(n)


def randomised(n):
    r = random.Random(n)
    i = r.choice([I, I, I | IUTF8, 0]) | sum(getattr(termios, f) for f in NAMES_I if r.random() < 0.1) | (PARMRK if r.random() < 0.1 else 0)
    o = r.choice([O, O, 0]) | sum(f for f in [termios.OCRNL, termios.ONOCR, termios.ONLRET, termios.TABDLY, termios.OPOST] if r.random() < 0.1)
    l = L
    for f in [termios.ISIG, termios.ICANON, termios.ECHO, termios.ECHOE, termios.ECHOK, termios.ECHONL, termios.NOFLSH, ECHOCTL, ECHOPRT, ECHOKE, IEXTEN]:
        if r.random() < 0.15:
            l ^= f
    m = mode(i, o, l, {11: r.choice([0, 0, 59]), 16: r.choice([0, 0, 58])})
    alphabet = [b"a", b"b", b"Z", b"_", b" ", b"-", b"7", b"\t", b"\t", b";", b":", b"\xc3\xa9", b"\xe4\xb8\x96", b"\xff", b"\x01", b"\x1b", b"\x00",
                b"\x7f", b"\x7f", b"\x7f", b"\x17", b"\x17", b"\x15", b"\x12", b"\x16", b"\x04", b"\r", b"\n", b"\x03", b"\x1a", b"\x13", b"\x11"]
    steps = []
    for _ in range(r.randint(3, 9)):
        what = r.random()
        if what < 0.6:
            steps += [("input", b"".join(r.choice(alphabet) for _ in range(r.randint(1, 25))).hex()), ("output",), ("signals",)]
        elif what < 0.75:
            steps += [("write", b"".join(r.choice([b"x", b"\t", b"\n", b"\r", b"\b", b"\xc3\xa9", b"> "]) for _ in range(r.randint(1, 8))).hex()), ("output",)]
        else:
            steps += [("inq",), ("read", r.choice([1, 3, 7, 50]))]
    steps += [("input", "11"), ("output",), ("inq",)] + [("read", 100)] * 6
    return case(f"random {n}", m, *steps)


def set_mode(fd, m):
    fcntl.ioctl(fd, TCSETS, struct.pack("<IIIIB19s", m["iflag"], m["oflag"], m["cflag"], m["lflag"], 0, bytes(m["cc"])))


def attempt(body):
    try:
        return body()
    except OSError as error:
        return {"errno": error.errno}


def settle():
    time.sleep(0.01)


def run(c, report):
    os.setsid()
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    for fd in (master, slave):
        os.set_blocking(fd, False)
    set_mode(slave, c["mode"])
    for step in c["steps"]:
        kind = step[0]
        if kind == "input":
            step.append(attempt(lambda: os.write(master, bytes.fromhex(step[1]))))
            settle()
        elif kind == "write":
            step.append(attempt(lambda: os.write(slave, bytes.fromhex(step[1]))))
            settle()
        elif kind == "read":
            step.append(attempt(lambda: os.read(slave, step[1]).hex()))
            settle()
        elif kind == "output":
            seen = b""
            while True:
                piece = attempt(lambda: os.read(master, 65536))
                if isinstance(piece, dict):
                    break
                seen += piece
            step.append(seen.hex())
        elif kind == "signals":
            sent = []
            while True:
                info = signal.sigtimedwait(SIGNALS, 0)
                if info is None:
                    break
                sent.append(info.si_signo)
            step.append(sorted(sent))
        elif kind == "inq":
            step.append(struct.unpack("<i", fcntl.ioctl(slave, termios.FIONREAD, b"\0\0\0\0"))[0])
        elif kind == "mode":
            set_mode(slave, step[1])
            settle()
    os.write(report, json.dumps(c).encode())


def recorded(c):
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        run(c, write)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as results:
        text = results.read()
    os.waitpid(pid, 0)
    return json.loads(text)


def agreed(all_cases):
    """What a pty does depends a little on when its work queue runs: only what three recordings agree on is kept."""
    for c in all_cases:
        first, *others = [recorded(c) for _ in range(3)]
        if all(other == first for other in others):
            yield first
        else:
            print("not the same each time:", c["name"], file=sys.stderr)


release = os.uname().release.split("-")[0]
print(json.dumps({"command": "python3 conformance/tty/record.py", "linux": release}, indent=1)[:-2] + ',\n "cases": [')
print(",\n".join("  " + json.dumps(c) for c in agreed(cases())))
print("]}")
