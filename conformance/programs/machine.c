// uname, sysinfo and the other calls that tell about the machine.
#include "check.h"
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/random.h>

int main(void)
{
	struct utsname name;
	show("uname", uname(&name));
	say("sysname", "%s", name.sysname);
	say("machine", "%s", name.machine);
	yes("release is set", name.release[0] >= '3' && strchr(name.release, '.'));
	show("uname to a bad address", syscall(SYS_uname, 1));
	struct sysinfo info;
	show("sysinfo", sysinfo(&info));
	yes("memory in range", info.totalram * info.mem_unit > 16 << 20 && info.freeram <= info.totalram);
	yes("processes", info.procs > 0);
	yes("uptime", info.uptime >= 0 && info.uptime < 1000000);
	say("unit", "%u", info.mem_unit);
	show("sysinfo to a bad address", syscall(SYS_sysinfo, 8));
	show("page size", sysconf(_SC_PAGESIZE));
	yes("processors online", sysconf(_SC_NPROCESSORS_ONLN) >= 1);
	yes("physical pages", sysconf(_SC_PHYS_PAGES) > 0);

	unsigned char a[64] = { 0 }, b[64] = { 0 };
	show("getrandom", getrandom(a, sizeof a, 0));
	show("getrandom without waiting", getrandom(b, sizeof b, GRND_NONBLOCK));
	yes("they differ", memcmp(a, b, sizeof a) != 0);
	show("getrandom of the random pool", getrandom(a, 16, GRND_RANDOM));
	show("getrandom insecure", getrandom(a, 16, GRND_INSECURE));
	show("getrandom nothing", getrandom(a, 0, 0));
	show("getrandom flags", getrandom(a, 16, 8));
	show("getrandom two kinds", getrandom(a, 16, GRND_RANDOM | GRND_INSECURE));
	show("getrandom to a bad address", syscall(SYS_getrandom, 8, 16, 0));

	char domain[65], host[65];
	show("gethostname", gethostname(host, sizeof host));
	show("getdomainname", getdomainname(domain, sizeof domain));
	IN_CHILD("names", {
		show("sethostname", sethostname("other-name", 10));
		gethostname(host, sizeof host);
		say("hostname now", "%s", host);
		show("setdomainname", setdomainname("example", 7));
		uname(&name);
		say("domain now", "%s", name.domainname);
		show("sethostname too long", sethostname("x", 65));
		show("sethostname negative", sethostname("x", -1));
		show("sethostname empty", sethostname("", 0));
		setuid(1000);
		show("sethostname as a user", sethostname("mine", 4));
	});
	unsigned cpu = 99, node = 99;
	show("getcpu", syscall(SYS_getcpu, &cpu, &node, NULL));
	say("node", "%u", node);
	show("getcpu of nothing", syscall(SYS_getcpu, NULL, NULL, NULL));
	show("getcpu to a bad address", syscall(SYS_getcpu, 8, NULL, NULL));
	show("an unknown call", syscall(1000));
	show("a negative call", syscall(-2));
	show("sync", (sync(), 0));
	show("syslog size", syscall(SYS_syslog, 10, NULL, 0) > 0);
	show("personality", syscall(SYS_personality, 0xffffffff));
	show("personality set", syscall(SYS_personality, 0x0040000));
	show("personality now", syscall(SYS_personality, 0xffffffff));
	return 0;
}
