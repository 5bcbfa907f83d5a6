// Executes truncated and mutated copies of an executable and hostile scripts, thousands of them: elves SEED COUNT FILE…
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t state;
static uint64_t random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1dull;
}
static unsigned below(unsigned n) { return (random64() >> 33) % n; }

static uint64_t hostile(void)
{
	switch (below(10)) {
	case 0: return 0;
	case 1: return 1ull << below(64);
	case 2: return (1ull << below(64)) - 1;
	case 3: return -(uint64_t)below(10000);
	case 4: return 0x4000000000 - below(3) * 4096;
	case 5: return below(70000) & ~4095u;
	case 6: return 0x7fffffffffffffff;
	default: return random64() >> below(64);
	}
}

static void put(const char *bytes, size_t length, int mode)
{
	unlink("/tmp/elf");
	int fd = open("/tmp/elf", O_WRONLY | O_CREAT | O_TRUNC, 0755);
	for (size_t at = 0; at < length;) {
		ssize_t n = write(fd, bytes + at, length - at);
		if (n <= 0) break;
		at += n;
	}
	close(fd);
}

/** A field of the header, of a program header or anything else becomes something else. */
static size_t mutate(char *image, size_t length)
{
	Elf64_Ehdr *header = (void *)image;
	Elf64_Phdr *segments = (void *)(image + 64);
	int count = header->e_phnum;
	for (int changes = 1 + below(4); changes > 0; changes--) {
		Elf64_Phdr *segment = segments + below(count);
		switch (below(16)) {
		case 0: image[below(64)] = random64(); break;
		case 1: image[below(64 + count * 56)] ^= 1 << below(8); break;
		case 2: length = below(3) ? below(200) : below(length + 1); break;
		case 3: header->e_entry = hostile(); break;
		case 4: header->e_phoff = hostile(); break;
		case 5: header->e_phnum = hostile(); break;
		case 6: header->e_phentsize = hostile(); break;
		case 7: segment->p_vaddr = hostile(); break;
		case 8: segment->p_offset = hostile(); break;
		case 9: segment->p_filesz = hostile(); break;
		case 10: segment->p_memsz = hostile(); break;
		case 11: segment->p_type = below(2) ? below(8) : hostile(); break;
		case 12: segment->p_flags = hostile(); break;
		case 13: segment->p_align = hostile(); break;
		case 14: *segment = segments[below(count)]; segment->p_vaddr += hostile(); break;
		case 15: image[below(length ? length : 1)] = random64(); break;
		}
		if (length < 64 + (size_t)count * 56) break;
	}
	return length;
}

static size_t script(char *text)
{
	static const char *const lines[] = { "#!", "#!\n", "#! \n", "#!/tmp/elf\n", "#!/tmp/elf x y\n", "#!/nosuch\n", "#!/\n", "#!/tmp\n", "#!/dev/null\n", "#!/dev/zero\n", "#!/proc/self/exe\n", "#!/proc/self/fd/3\n", "#!.\n", "#!\t\t\n", "#!/bin/true\0x\n", "#!elf\n", "#!/dev/stdin\n", "#!/proc/self/mem\n" };
	if (below(2)) {
		const char *line = lines[below(sizeof lines / sizeof *lines)];
		strcpy(text, line);
		return strlen(line);
	}
	size_t length = below(400);
	memcpy(text, "#!/bin/true", 11);
	for (size_t i = below(2) ? 2 : 11; i < length; i++) text[i] = below(3) ? 'a' + below(26) : random64();
	return length;
}

int main(int count, char **args)
{
	if (count < 4) return 2;
	state = strtoull(args[1], NULL, 10) * 0x9e3779b97f4a7c15ull | 1;
	static char *images[8];
	static size_t lengths[8];
	int files = 0;
	for (int i = 3; i < count && files < 8; i++) {
		struct stat facts;
		int fd = open(args[i], O_RDONLY | O_CLOEXEC);
		if (fd < 0 || fstat(fd, &facts) < 0) return 3;
		images[files] = mmap(NULL, facts.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		lengths[files++] = facts.st_size;
	}
	static char copy[4 << 20];
	int kinds[130] = { 0 };
	int limit = atoi(args[2]);
	for (int n = 0; n < limit; n++) {
		size_t length;
		if (below(6) == 0) length = script(copy);
		else {
			int which = below(files);
			length = lengths[which] < sizeof copy ? lengths[which] : sizeof copy;
			memcpy(copy, images[which], length);
			length = mutate(copy, length);
		}
		put(copy, length, 0755);
		pid_t pid = fork();
		if (pid == 0) {
			struct rlimit small = { 64 << 20, 64 << 20 };
			if (below(2)) setrlimit(RLIMIT_AS, &small);
			int null = open("/dev/null", O_RDWR);
			dup2(null, 0);
			dup2(null, 1);
			dup2(null, 2);
			execl("/tmp/elf", "elf", "argument", NULL);
			_exit(errno);
		}
		int status = 0;
		bool ended = false;
		for (int waited = 0; waited < 200 && !ended; waited++) {
			ended = waitpid(pid, &status, WNOHANG) == pid;
			if (!ended) usleep(500);
		}
		if (!ended) {
			kill(pid, SIGKILL);
			if (waitpid(pid, &status, 0) != pid) return 4;
		}
		kinds[WIFSIGNALED(status) ? WTERMSIG(status) : 64 + (WEXITSTATUS(status) & 63)]++;
	}
	for (int i = 0; i < 128; i++) if (kinds[i]) printf("%s %s: %d\n", i < 64 ? "signal" : i == 64 ? "exit" : "error", i < 64 ? sigabbrev_np(i) : i == 64 ? "0" : strerrorname_np(i - 64), kinds[i]);
	return 0;
}
