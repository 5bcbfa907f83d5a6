"""Drives a command on a pseudo-terminal: standard input is JSON {"command": [...], "rows": n, "columns": n, "steps": [...]}.
A step is {"expect": text} (waits for it in what came since the last step), {"send": text}, {"resize": [rows, columns]},
{"signal": name} (to the command) or {"hangUp": true} (the terminal goes away).
Prints JSON {"output": text, "status": exit status, "missing": the text that did not come, "raw": whether the terminal was left raw}."""
import fcntl, json, os, select, signal, struct, subprocess, sys, termios, time

task = json.load(sys.stdin)
# The command's end stays open here, so that its modes can be read when the command is gone.
fd, slave = os.openpty()

def size(rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

size(task["rows"], task["columns"])
before = termios.tcgetattr(slave)
child = subprocess.Popen(task["command"], stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env={**os.environ, "TERM": "xterm"},
                         preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
output, seen = b"", 0

def read(seconds):
    global output
    if fd is None:
        time.sleep(seconds)
    elif select.select([fd], [], [], seconds)[0]:
        output += os.read(fd, 65536)

missing = None
for step in task["steps"]:
    if "send" in step:
        os.write(fd, step["send"].encode())
    elif "resize" in step:
        size(*step["resize"])
        child.send_signal(signal.SIGWINCH)
    elif "signal" in step:
        child.send_signal(signal.Signals[step["signal"]])
    elif "hangUp" in step:
        os.close(fd)
        fd = None
    else:
        wanted, until = step["expect"].encode(), time.time() + 30
        while wanted not in output[seen:] and time.time() < until:
            read(0.1)
        at = output.find(wanted, seen)
        if at < 0:
            missing = step["expect"]
            child.kill()
            break
        seen = at + len(wanted)
until = time.time() + 30
while True:
    if child.poll() is not None:
        break
    if time.time() > until:
        child.kill()
    read(0.05)
read(0.2)
after = before if fd is None else termios.tcgetattr(slave)
print(json.dumps({"output": output.decode(errors="replace"), "status": child.returncode, "missing": missing, "raw": before[:4] != after[:4]}))
