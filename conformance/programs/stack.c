// The stack that a program begins with: argv, envp, auxiliary vector, alignment; and the registers' state.
#include "check.h"
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

extern char **environ;
static char *arguments[] = { "first", "", "third with spaces", NULL };
static char *variables[] = { "A=1", "EMPTY=", "NOEQUALS", NULL };

static const struct { unsigned long key; const char *name; } keys[] = {
	{ AT_SYSINFO_EHDR, "SYSINFO_EHDR" }, { AT_HWCAP, "HWCAP" }, { AT_PAGESZ, "PAGESZ" }, { AT_CLKTCK, "CLKTCK" }, { AT_PHDR, "PHDR" },
	{ AT_PHENT, "PHENT" }, { AT_PHNUM, "PHNUM" }, { AT_BASE, "BASE" }, { AT_FLAGS, "FLAGS" }, { AT_ENTRY, "ENTRY" }, { AT_UID, "UID" },
	{ AT_EUID, "EUID" }, { AT_GID, "GID" }, { AT_EGID, "EGID" }, { AT_SECURE, "SECURE" }, { AT_RANDOM, "RANDOM" }, { AT_HWCAP2, "HWCAP2" },
	{ AT_EXECFN, "EXECFN" }, { AT_MINSIGSTKSZ, "MINSIGSTKSZ" },
	{ 27, "RSEQ_FEATURE_SIZE" }, { 28, "RSEQ_ALIGN" }, { 29, "HWCAP3" }, { 30, "HWCAP4" },
};

static void vector(char **envp)
{
	char **end = envp;
	while (*end)
		end++;
	ElfW(auxv_t) *each = (void *)(end + 1);
	for (; each->a_type != AT_NULL; each++) {
		const char *name = NULL;
		for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++)
			if (keys[i].key == each->a_type)
				name = keys[i].name;
		if (!name)
			continue; // riscv's cache geometry (40 to 47) depends on the board
		switch (each->a_type) {
		case AT_PAGESZ: case AT_CLKTCK: case AT_PHENT: case AT_FLAGS: case AT_BASE: case AT_UID: case AT_EUID: case AT_GID: case AT_EGID: case AT_SECURE:
			say(name, "%lu", each->a_un.a_val);
			break;
		case AT_EXECFN:
			say(name, "%s", (char *)each->a_un.a_val);
			break;
		case AT_HWCAP:
			yes("HWCAP has IMAFDC", (each->a_un.a_val & 0x112d) == 0x112d);
			break;
		case 28: case 27: case AT_MINSIGSTKSZ: // these grow with the kernel
			yes(name, each->a_un.a_val > 0);
			break;
		default:
			yes(name, each->a_un.a_val != 0);
		}
	}
	unsigned char *random = (void *)getauxval(AT_RANDOM);
	int sum = 0;
	for (int i = 0; i < 16; i++)
		sum |= random[i];
	yes("random bytes are not all zero", sum != 0);
	yes("program header at PHDR", ((ElfW(Phdr) *)getauxval(AT_PHDR))->p_type != 0);
	show("executable name ends the stack's strings", strlen((char *)getauxval(AT_EXECFN)) > 0 && getauxval(AT_EXECFN) > (uintptr_t)environ);
}

int main(int count, char **argv, char **envp)
{
	if (count == 1) {
		execve(argv[0], arguments, variables);
		return 1;
	}
	show("argc", count);
	for (int i = 0; i <= count; i++)
		say("argv", "%d [%s]", i, argv[i] ? argv[i] : "(null)");
	for (char **each = envp; *each; each++)
		say("envp", "[%s]", *each);
	yes("environment follows arguments", envp == argv + count + 1);
	yes("argc lies before argv", ((long *)argv)[-1] == count);
	yes("stack pointer is aligned to 16", ((uintptr_t)((long *)argv - 1) & 15) == 0);
	yes("strings are in order", argv[1] == argv[0] + strlen(argv[0]) + 1 && argv[2] == argv[1] + 1);
	yes("variables follow the arguments' strings", envp[0] == argv[2] + strlen(argv[2]) + 1);
	vector(envp);
	unsigned long fcsr;
	__asm__("frcsr %0" : "=r"(fcsr));
	show("fcsr", fcsr);
	char line[512];
	FILE *file = fopen("/proc/self/cmdline", "r");
	size_t length = fread(line, 1, sizeof line, file);
	for (size_t i = 0; i < length; i++)
		if (!line[i])
			line[i] = '|';
	line[length] = 0;
	say("cmdline", "%s", line);
	file = fopen("/proc/self/environ", "r");
	length = fread(line, 1, sizeof line, file);
	show("environ's length", length);
	file = fopen("/proc/self/auxv", "r");
	length = fread(line, 1, sizeof line, file);
	yes("auxv in /proc ends with AT_NULL", length >= 16 && length % 16 == 0 && ((long *)line)[length / 8 - 2] == 0);
	file = fopen("/proc/self/comm", "r");
	fgets(line, sizeof line, file);
	say("comm", "%s", strtok(line, "\n"));
	return 0;
}
