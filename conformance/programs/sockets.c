// Unix sockets: streams, datagrams, sequenced packets, names, descriptors and credentials sent, shutdown, poll's bits.
#include "check.h"
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static void bits(const char *what, int fd)
{
	struct pollfd p = { fd, POLLIN | POLLOUT | POLLRDHUP | POLLPRI, 0 };
	poll(&p, 1, 0);
	say(what, "%s%s%s%s%s%s", p.revents & POLLIN ? "IN " : "", p.revents & POLLOUT ? "OUT " : "", p.revents & POLLHUP ? "HUP " : "",
	    p.revents & POLLERR ? "ERR " : "", p.revents & POLLRDHUP ? "RDHUP " : "", p.revents ? "" : "none");
}

static socklen_t name(struct sockaddr_un *to, const char *path)
{
	to->sun_family = AF_UNIX;
	memcpy(to->sun_path, path, strlen(path + 1) + 2);
	return offsetof(struct sockaddr_un, sun_path) + strlen(path + 1) + 1 + (path[0] != 0);
}

static long send_fd(int socket, int fd, int count)
{
	char data[1] = { 'f' }, control[CMSG_SPACE(sizeof(int) * 300)] = { 0 };
	struct iovec io = { data, 1 };
	struct msghdr message = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(sizeof(int) * count) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET, header->cmsg_type = SCM_RIGHTS, header->cmsg_len = CMSG_LEN(sizeof(int) * count);
	for (int i = 0; i < count; i++)
		((int *)CMSG_DATA(header))[i] = fd;
	return sendmsg(socket, &message, 0);
}

static void receive(const char *what, int socket, size_t room, int flags)
{
	char data[64] = { 0 }, control[512];
	struct iovec io = { data, 60 };
	struct msghdr message = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = room };
	long got = recvmsg(socket, &message, flags);
	if (got < 0) {
		show(what, got);
		return;
	}
	int fds = 0, cloexec = -1;
	for (struct cmsghdr *each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each)) {
		if (each->cmsg_type == SCM_RIGHTS) {
			fds = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
			cloexec = fcntl(*(int *)CMSG_DATA(each), F_GETFD);
			for (int i = 0; i < fds; i++)
				close(((int *)CMSG_DATA(each))[i]);
		} else if (each->cmsg_type == SCM_CREDENTIALS) {
			struct ucred *from = (void *)CMSG_DATA(each);
			say("  credentials", "pid %d, uid %d, gid %d", from->pid == getpid(), from->uid, from->gid);
		}
	}
	say(what, "%ld bytes, %d descriptors, cloexec %d, flags %x", got, fds, cloexec, message.msg_flags);
}

int main(void)
{
	int s[2], on = 1, value;
	char buffer[100];
	socklen_t length;
	struct sockaddr_un at, from;
	signal(SIGPIPE, SIG_IGN);
	show("bad type", socket(AF_UNIX, 99, 0));
	show("bad protocol", socket(AF_UNIX, SOCK_STREAM, 5));
	show("bad family", socket(99, SOCK_STREAM, 0));
	show("socketpair", socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s));
	bits("fresh", s[0]);
	show("recv nothing", recv(s[0], buffer, 1, 0));
	send(s[0], "ab", 2, 0), send(s[0], "cd", 2, 0);
	ioctl(s[1], FIONREAD, &value);
	show("readable", value);
	show("peek", recv(s[1], buffer, 3, MSG_PEEK));
	show("two sends are one recv", recv(s[1], buffer, 10, 0));
	show("send with an address", sendto(s[0], "x", 1, 0, (void *)&at, sizeof at));
	show("shutdown writing", shutdown(s[0], SHUT_WR));
	bits("peer has shut", s[1]), bits("itself", s[0]);
	show("recv", recv(s[1], buffer, 1, 0));
	show("send after shutdown", send(s[0], "x", 1, MSG_NOSIGNAL));
	show("other direction", send(s[1], "x", 1, 0));
	close(s[1]);
	bits("peer has closed", s[0]);
	show("rest", recv(s[0], buffer, 9, 0));
	show("end", recv(s[0], buffer, 9, 0));
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	send(s[0], "unread", 6, 0);
	close(s[1]);
	show("peer closed with unread data", recv(s[0], buffer, 9, 0));
	show("once more", recv(s[0], buffer, 9, 0));
	show("send", send(s[0], "x", 1, 0));

	socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s);
	send(s[0], "abc", 3, 0), send(s[0], "de", 2, 0), send(s[0], "", 0, 0);
	show("packet cut", recv(s[1], buffer, 2, 0));
	show("next", recv(s[1], buffer, 9, 0));
	show("empty one", recv(s[1], buffer, 9, 0));
	send(s[0], "abcdef", 6, 0);
	show("true length", recv(s[1], buffer, 2, MSG_TRUNC));
	socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
	show("empty datagram", send(s[0], "", 0, 0));
	show("received", recv(s[1], buffer, 9, 0));
	show("far too large", send(s[0], malloc(1 << 24), 1 << 24, 0));
	close(s[1]);
	show("datagram to nobody", send(s[0], "x", 1, 0));

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	int p[2];
	pipe(p);
	show("send a descriptor", send_fd(s[0], p[1], 1));
	receive("received", s[1], 512, MSG_CMSG_CLOEXEC);
	send_fd(s[0], p[1], 3);
	receive("room for less", s[1], CMSG_SPACE(4), 0);
	send_fd(s[0], p[1], 1);
	receive("no room", s[1], 0, 0);
	show("too many", send_fd(s[0], p[1], 254));
	show("not a descriptor", send_fd(s[0], 999, 1));
	close(p[1]);
	send_fd(s[0], p[0], 1), send(s[0], "plain", 5, 0);
	receive("descriptors part the stream", s[1], 512, 0);
	receive("rest", s[1], 512, 0);
	setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
	send(s[0], "who", 3, 0);
	receive("with credentials", s[1], 512, 0);
	struct ucred peer;
	length = sizeof peer;
	show("SO_PEERCRED", getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &peer, &length));
	say("peer", "%d %d %d", peer.pid == getpid(), peer.uid, peer.gid);
	length = sizeof value;
	getsockopt(s[0], SOL_SOCKET, SO_TYPE, &value, &length);
	say("type", "%d, length %d", value, length);
	show("unknown option", getsockopt(s[0], SOL_SOCKET, 9999, &value, &length));

	int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
	show("listen without a name", listen(listener, 1));
	show("bind", bind(listener, (void *)&at, name(&at, "server")));
	show("bind again", bind(listener, (void *)&at, name(&at, "other")));
	show("bind another there", bind(client, (void *)&at, name(&at, "server")));
	show("bind in a missing directory", bind(client, (void *)&at, name(&at, "missing/x")));
	show("connect before listen", connect(client, (void *)&at, name(&at, "server")));
	show("accept before listen", accept(listener, NULL, NULL));
	show("listen", listen(listener, 1));
	show("connect", connect(client, (void *)&at, name(&at, "server")));
	show("connect again", connect(client, (void *)&at, name(&at, "server")));
	bits("listener with one waiting", listener);
	length = sizeof from;
	int served = accept4(listener, (void *)&from, &length, SOCK_CLOEXEC);
	say("peer's name", "length %d, cloexec %d", length, fcntl(served, F_GETFD));
	length = sizeof from;
	getpeername(client, (void *)&from, &length);
	say("server's name", "length %d, %s", length, from.sun_path);
	show("connect nowhere", connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&at, name(&at, "nobody")));
	put("file", "");
	show("connect to a file", connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&at, name(&at, "file")));
	show("connect another type", connect(socket(AF_UNIX, SOCK_DGRAM, 0), (void *)&at, name(&at, "server")));
	show("open a socket", open("server", O_RDWR));
	struct stat st;
	stat("server", &st);
	say("mode", "%o", st.st_mode);
	int hidden = socket(AF_UNIX, SOCK_DGRAM, 0), sender = socket(AF_UNIX, SOCK_DGRAM, 0);
	show("abstract bind", bind(hidden, (void *)&at, name(&at, "\0hidden")));
	show("abstract again", bind(sender, (void *)&at, name(&at, "\0hidden")));
	show("autobind", bind(sender, (void *)&(struct sockaddr_un){ AF_UNIX }, 2));
	show("send there", sendto(sender, "x", 1, 0, (void *)&at, name(&at, "\0hidden")));
	length = sizeof from;
	show("from", recvfrom(hidden, buffer, 9, 0, (void *)&from, &length));
	say("sender's name", "length %d, abstract %d", length, from.sun_path[0] == 0);
	show("unbound client's port", getsockname(client, (void *)&from, &length));
	show("not a socket", send(0, "x", 1, 0));
	show("getpeername unconnected", getpeername(hidden, (void *)&from, &length));
	return 0;
}
