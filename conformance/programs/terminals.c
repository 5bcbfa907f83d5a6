// Pseudo-terminals: settings, lines, echo, signals, job control, background reading and writing, hang-up.
#include "check.h"
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

static volatile int got;
static void note(int signal) { got = signal; }
static int master, slave;

static void seen(const char *what, int fd)
{
	char raw[256], line[1024] = "";
	struct pollfd p = { fd, POLLIN, 0 };
	int there = poll(&p, 1, 200);
	usleep(20000); // the rest of it
	int length = there > 0 ? read(fd, raw, sizeof raw) : 0;
	if (length < 0) {
		show(what, -1);
		return;
	}
	for (int i = 0; i < length; i++)
		sprintf(line + strlen(line), raw[i] >= ' ' && raw[i] < 127 ? "%c" : "\\%02x", (unsigned char)raw[i]);
	say(what, "[%s]", line);
}

/** Linux hands keys to the line discipline a little later. */
static void type(const char *keys)
{
	write(master, keys, strlen(keys));
	usleep(20000);
}

static void change(tcflag_t off, tcflag_t on, int min, int time)
{
	struct termios t;
	tcgetattr(slave, &t);
	t.c_lflag = (t.c_lflag & ~off) | on;
	t.c_cc[VMIN] = min, t.c_cc[VTIME] = time;
	tcsetattr(slave, TCSANOW, &t);
}

static void session(void)
{
	setsid();
	close(master), close(slave); // the parent has those too, so these would not hang up
	openpty(&master, &slave, NULL, NULL, &(struct winsize){ 24, 80, 0, 0 });
	show("controlling terminal", ioctl(slave, TIOCSCTTY, 0));
	show("foreground", tcgetpgrp(slave) == getpgrp());
	show("session", tcgetsid(slave) == getpid());
	int tty = open("/dev/tty", O_RDWR);
	okay("/dev/tty", tty);
	handle(SIGINT, note, 0), handle(SIGQUIT, note, 0), handle(SIGTSTP, note, 0), handle(SIGWINCH, note, 0), handle(SIGHUP, note, 0), handle(SIGCONT, note, 0);
	type("abc\003"), usleep(20000);
	show("INT", got), seen("echo", master);
	type("\034"), usleep(20000), show("QUIT", got), seen("echo", master);
	type("\032"), usleep(20000), show("TSTP", got), seen("echo", master);
	struct winsize size = { 40, 100, 0, 0 };
	ioctl(master, TIOCSWINSZ, &size), usleep(20000), show("WINCH", got);
	got = 0, ioctl(master, TIOCSWINSZ, &size), usleep(20000), show("the same size again", got);
	int status, flip;
	pid_t child = fork();
	if (child == 0) {
		char c;
		setpgid(0, 0);
		signal(SIGTTIN, SIG_DFL), signal(SIGCONT, SIG_DFL);
		flip = read(slave, &c, 1);
		_exit(flip);
	}
	setpgid(child, child);
	waitpid(child, &status, WUNTRACED), show_status("background read", status);
	signal(SIGTTOU, SIG_IGN);
	show("to the foreground", tcsetpgrp(slave, child));
	kill(child, SIGCONT);
	type("x\n");
	ended("reads then", child);
	tcsetpgrp(slave, getpgrp());
	seen("echo", master);
	child = fork();
	if (child == 0) {
		setpgid(0, 0);
		signal(SIGTTIN, SIG_IGN);
		char c;
		show("background read, TTIN ignored", read(slave, &c, 1));
		signal(SIGTTOU, SIG_DFL);
		show("background write without TOSTOP", write(slave, "w", 1));
		struct termios t;
		tcgetattr(slave, &t);
		tcsetattr(slave, TCSANOW, &t);
		_exit(1);
	}
	setpgid(child, child);
	waitpid(child, &status, WUNTRACED), show_status("background tcsetattr", status);
	change(0, TOSTOP, 1, 0);
	kill(child, SIGKILL), ended("killed", child);
	child = fork();
	if (child == 0) {
		setpgid(0, 0);
		signal(SIGTTOU, SIG_DFL);
		write(slave, "never", 5);
		_exit(1);
	}
	waitpid(child, &status, WUNTRACED), show_status("background write with TOSTOP", status);
	kill(child, SIGKILL), waitpid(child, &status, 0);
	show("tcsetpgrp to nobody", tcsetpgrp(slave, 0x3ffffff));
	seen("background wrote", master);
	got = 0;
	close(master);
	usleep(50000);
	show("HUP at hang-up", got == SIGHUP || got == SIGCONT);
	char c;
	show("read after", read(slave, &c, 1));
	show("write after", write(slave, "x", 1));
	show("open /dev/tty after", open("/dev/tty", O_RDWR));
}

int main(void)
{
	struct termios t;
	struct winsize size = { 24, 80, 0, 0 };
	int count;
	show("no controlling terminal", open("/dev/tty", O_RDWR));
	show("openpty", openpty(&master, &slave, NULL, NULL, &size));
	yes("terminal", isatty(slave) && isatty(master));
	show("not a terminal", (isatty(0), -1));
	yes("named below /dev/pts", !strncmp(ttyname(slave), "/dev/pts/", 9));
	tcgetattr(slave, &t);
	say("settings", "%x %x %x %x", t.c_iflag, t.c_oflag, t.c_cflag, t.c_lflag);
	for (int i = 0; i < 17; i++)
		printf("%s%d", i ? " " : "characters: ", t.c_cc[i]);
	puts(""), fflush(stdout);
	ioctl(slave, TIOCGWINSZ, &size), say("size", "%d %d", size.ws_row, size.ws_col);
	type("hello\n"), seen("echo", master), seen("line", slave);
	type("ab\177c\n"), seen("erase echo", master), seen("erased", slave);
	type("one two\027x\n"), seen("word erase echo", master), seen("word erased", slave);
	type("gone\025y\n"), seen("kill echo", master), seen("killed", slave);
	type("part\004"), seen("end of file ends a line", slave), seen("echo", master);
	type("\004"), seen("end of file", slave);
	type("\026\003\n"), seen("literal echo", master), seen("literal", slave);
	type("\033[A\t\n"), seen("control echo", master), seen("control", slave);
	write(slave, "a\nb", 3), seen("output", master);
	type("half"), ioctl(slave, FIONREAD, &count), show("readable while half", count);
	type("\n"), ioctl(slave, FIONREAD, &count), show("readable when whole", count);
	seen("whole", slave), seen("echo", master);
	change(ICANON | ECHO, 0, 1, 0);
	type("r"), seen("raw", slave), seen("no echo", master);
	change(0, 0, 0, 1), seen("raw with a time", slave);
	type("a\nb\n"), change(0, ICANON, 1, 0), seen("lines typed before canonical mode", slave);
	change(0, ECHO, 1, 0);
	type("flushed\n"), show("tcflush", tcflush(slave, TCIFLUSH)), seen("after the flush", slave), seen("echo", master);
	show("tcdrain", tcdrain(slave)), show("tcsendbreak", tcsendbreak(slave, 0));
	show("tcsetpgrp without a session", tcsetpgrp(slave, getpgrp()));
	IN_CHILD("session", session());
	close(slave);
	seen("master without a slave", master);
	return 0;
}
