// poll, select, epoll, eventfd, timerfd, signalfd: what they report, and time that is left.
#include "check.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>

static int epoll;
static int ready(const char *what)
{
	struct epoll_event events[4];
	int count = epoll_wait(epoll, events, 4, 0);
	char line[128] = "";
	for (int i = 0; i < count; i++)
		sprintf(line + strlen(line), " [%lu %x]", events[i].data.u64, events[i].events);
	say(what, "%d%s", count, line);
	return count;
}

static long control(int how, int fd, unsigned events, int data)
{
	return epoll_ctl(epoll, how, fd, &(struct epoll_event){ events, { .u64 = data } });
}

int main(void)
{
	int p[2], file;
	char c;
	uint64_t value;
	pipe(p);
	put("file", "x");
	file = open("file", O_RDWR);
	struct pollfd fds[4] = { { p[0], POLLIN, 9 }, { p[1], POLLOUT, 9 }, { -1, POLLIN, 9 }, { file, POLLIN | POLLOUT, 9 } };
	show("poll", poll(fds, 4, 0));
	say("bits", "%x %x %x %x", fds[0].revents, fds[1].revents, fds[2].revents, fds[3].revents);
	show("poll nothing", poll(NULL, 0, 1));
	show("poll too many", poll(fds, 1000000, 0));
	show("ppoll bad time", ppoll(fds, 1, &(struct timespec){ 0, -1 }, NULL));
	struct timespec left = { 0, 20000000 };
	show("raw ppoll", syscall(SYS_ppoll, fds, 1, &left, NULL, 8));
	say("its time", "%d %d", (int)left.tv_sec, (int)left.tv_nsec);
	fd_set reading;
	FD_ZERO(&reading);
	FD_SET(p[0], &reading);
	struct timespec until = { 5, 0 };
	pid_t writer = fork();
	if (writer == 0) {
		usleep(50000);
		write(p[1], "x", 1);
		_exit(0);
	}
	show("raw pselect6", syscall(SYS_pselect6, p[0] + 1, &reading, NULL, NULL, &until, NULL));
	yes("time that is left", until.tv_sec == 4 && until.tv_nsec > 0);
	ended("writer", writer);
	read(p[0], &c, 1);
	FD_ZERO(&reading);
	FD_SET(p[0], &reading);
	struct timeval short_time = { 0, 1000 };
	show("select", select(p[0] + 1, &reading, NULL, NULL, &short_time));
	say("cleared", "%d, time %ld", FD_ISSET(p[0], &reading) != 0, short_time.tv_usec);
	FD_SET(40, &reading);
	show("select closed", select(41, &reading, NULL, NULL, &short_time));
	show("select negative", select(-1, NULL, NULL, NULL, &short_time));

	epoll = epoll_create1(EPOLL_CLOEXEC);
	show("epoll bad flags", epoll_create1(1));
	show("epoll_create 0", epoll_create(0));
	show("add", control(EPOLL_CTL_ADD, p[0], EPOLLIN, 1));
	show("add again", control(EPOLL_CTL_ADD, p[0], EPOLLIN, 1));
	show("add a file", control(EPOLL_CTL_ADD, file, EPOLLIN, 1));
	show("add itself", control(EPOLL_CTL_ADD, epoll, EPOLLIN, 1));
	show("add closed", control(EPOLL_CTL_ADD, 500, EPOLLIN, 1));
	show("delete what isn't there", control(EPOLL_CTL_DEL, p[1], 0, 0));
	show("modify what isn't there", control(EPOLL_CTL_MOD, p[1], 0, 0));
	show("bad command", control(9, p[0], 0, 0));
	show("wait for none", epoll_wait(epoll, NULL, 0, 0));
	ready("nothing");
	write(p[1], "ab", 2);
	ready("level"), ready("level again");
	control(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET, 2);
	ready("edge"), ready("edge again");
	write(p[1], "c", 1);
	ready("edge after more");
	read(p[0], &c, 1);
	ready("edge after a read");
	control(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 3);
	ready("once"), ready("once again");
	control(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 3);
	ready("armed again");
	control(EPOLL_CTL_MOD, p[0], EPOLLIN, 4);
	int copy = dup(p[0]);
	control(EPOLL_CTL_ADD, copy, EPOLLIN, 5);
	show("two of the same", epoll_wait(epoll, (struct epoll_event[4]){ 0 }, 4, 0));
	control(EPOLL_CTL_DEL, copy, 0, 0);
	close(p[0]);
	ready("closed, but a copy is open");
	close(copy);
	ready("closed for good");
	int event = eventfd(3, EFD_NONBLOCK);
	control(EPOLL_CTL_ADD, event, EPOLLIN | EPOLLOUT, 6);
	ready("eventfd");
	show("read", read(event, &value, 8));
	show("was", value);
	show("read 0", read(event, &value, 8));
	show("short read", read(event, &value, 4));
	ready("eventfd at 0");
	value = ~0ul - 1;
	show("to the top", write(event, &value, 8));
	ready("eventfd at the top");
	value = 1;
	show("over it", write(event, &value, 8));
	value = ~0ul;
	show("the value that isn't allowed", write(event, &value, 8));
	int semaphore = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
	read(semaphore, &value, 8);
	say("semaphore", "%lu %ld %ld", value, read(semaphore, &value, 8), read(semaphore, &value, 8));
	int inner = epoll_create1(0);
	epoll_ctl(inner, EPOLL_CTL_ADD, semaphore, &(struct epoll_event){ EPOLLIN });
	control(EPOLL_CTL_DEL, event, 0, 0);
	control(EPOLL_CTL_ADD, inner, EPOLLIN, 7);
	ready("nested, not ready");
	value = 1;
	write(semaphore, &value, 8);
	ready("nested, ready");
	control(EPOLL_CTL_DEL, inner, 0, 0);

	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct itimerspec set = { { 0, 10000000 }, { 0, 10000000 } }, now;
	show("read unset", read(timer, &value, 8));
	show("bad clock", timerfd_create(99, 0));
	show("bad time", timerfd_settime(timer, 0, &(struct itimerspec){ { 0, 0 }, { 0, 1000000000 } }, NULL));
	show("settime", timerfd_settime(timer, 0, &set, NULL));
	poll(&(struct pollfd){ timer, POLLIN, 0 }, 1, -1);
	usleep(45000);
	show("short read", read(timer, &value, 4));
	show("read", read(timer, &value, 8));
	yes("expirations", value >= 4 && value < 60);
	timerfd_gettime(timer, &now);
	yes("time left is within the interval", now.it_value.tv_nsec > 0 && now.it_value.tv_nsec <= 10000000 && now.it_interval.tv_nsec == 10000000);
	timerfd_settime(timer, 0, &(struct itimerspec){ 0 }, &now);
	show("disarmed", read(timer, &value, 8));
	timerfd_settime(timer, TFD_TIMER_ABSTIME, &(struct itimerspec){ { 0, 0 }, { 1, 0 } }, NULL);
	poll(&(struct pollfd){ timer, POLLIN, 0 }, 1, -1);
	say("in the past", "%ld, %lu", read(timer, &value, 8), value);

	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1), sigaddset(&signals, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	int queue = signalfd(-1, &signals, SFD_NONBLOCK);
	struct signalfd_siginfo info[3];
	show("no signal", read(queue, info, sizeof info));
	raise(SIGUSR1);
	sigqueue(getpid(), SIGRTMIN, (union sigval){ 5 });
	show("two signals", read(queue, info, sizeof info));
	say("them", "%d code %d pid %d; %d value %d", info[0].ssi_signo, info[0].ssi_code, info[0].ssi_pid == getpid(), info[1].ssi_signo, info[1].ssi_int);
	show("too short", read(queue, info, 10));
	show("signalfd of something else", signalfd(p[1], &signals, 0));
	return 0;
}
