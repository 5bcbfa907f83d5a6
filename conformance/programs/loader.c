// A program with shared libraries (dynamic): the loader, thread-local storage, constructors, dlsym, lazy binding.
#include "check.h"
#include <dlfcn.h>
#include <link.h>
#include <math.h>
#include <pthread.h>
#include <sys/auxv.h>

static int constructed;
static __thread int local = 7;
__attribute__((constructor)) static void construct(void) { constructed++; }
__attribute__((destructor)) static void destruct(void) { say("destructor", "ran"); }
static void at_exit(void) { say("atexit", "ran"); }

static int count_objects(struct dl_phdr_info *info, size_t size, void *count)
{
	++*(int *)count;
	return 0;
}

static void *in_thread(void *argument)
{
	local += 5;
	return (void *)(long)local;
}

int main(int count, char **arguments)
{
	int objects = 0;
	atexit(at_exit);
	show("constructors", constructed);
	dl_iterate_phdr(count_objects, &objects);
	yes("program, library, loader and vdso", objects >= 3);
	yes("loader's base", getauxval(AT_BASE) != 0);
	yes("entry is the program's", getauxval(AT_ENTRY) != getauxval(AT_BASE));
	int (*length)(const char *) = (int (*)(const char *))dlsym(RTLD_DEFAULT, "strlen");
	show("strlen by name", length ? length("four") : -1);
	yes("missing symbol", dlsym(RTLD_DEFAULT, "no_such_symbol") == NULL);
	yes("missing library", dlopen("libnothing.so.1", RTLD_NOW) == NULL);
	pthread_t thread;
	void *result;
	pthread_create(&thread, NULL, in_thread, NULL);
	pthread_join(thread, &result);
	say("thread-local", "%ld %d", (long)result, local);
	char text[64];
	snprintf(text, sizeof text, "%.17g %a %Lg", 0.1 + 0.2, 1.0 / 3, (long double)1 / 7);
	say("numbers", "%s", text);
	say("conversion", "%.3f %ld", strtod("1e-3", NULL), strtol("-0x1f", NULL, 0));
	IN_CHILD("fork", { local = 1; _exit(local + 40); });
	if (count == 1) {
		pid_t child = fork();
		if (child == 0) {
			setenv("LD_BIND_NOW", "1", 1);
			execl(arguments[0], "again", "second", NULL);
			_exit(1);
		}
		ended("executed again, bound at once", child);
	}
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	int libraries = 0;
	while (fgets(line, sizeof line, maps))
		libraries += strstr(line, "libc.so.6") != NULL && strstr(line, "r-xp") != NULL;
	show("libc is mapped with code once", libraries);
	return 0;
}
