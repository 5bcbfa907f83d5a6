// Threads: create, join, mutexes, conditions, thread-local storage, cancellation, signals to one, exit of all.
#include "check.h"
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_key_t key;
static __thread int local = 5;
static long total, turn;
static volatile pid_t caught_in;
static int once_ran;

static void once(void) { once_ran++; }
static void destroyed(void *value) { __sync_fetch_and_add((long *)value, 100); }
static void catch(int signal) { caught_in = syscall(SYS_gettid); }
static void cleanup(void *argument) { *(int *)argument = 1; }

static void *adds(void *argument)
{
	for (int i = 0; i < 2000; i++) {
		pthread_mutex_lock(&mutex);
		long before = total;
		if (i % 64 == 0)
			sched_yield();
		total = before + 1;
		pthread_mutex_unlock(&mutex);
		local++;
	}
	return (void *)(long)local;
}

static void *takes_turns(void *argument)
{
	long mine = (long)argument;
	for (int i = 0; i < 200; i++) {
		pthread_mutex_lock(&mutex);
		while (turn % 3 != mine)
			pthread_cond_wait(&condition, &mutex);
		turn++;
		pthread_cond_broadcast(&condition);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void *waits(void *argument)
{
	pthread_cleanup_push(cleanup, argument);
	for (;;)
		pause();
	pthread_cleanup_pop(0);
}

static void *keeps(void *argument)
{
	pthread_setspecific(key, argument);
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void *identity(void *argument)
{
	pid_t *ids = argument;
	ids[0] = getpid();
	ids[1] = syscall(SYS_gettid);
	ids[2] = getppid();
	return NULL;
}

static void *execs(void *argument)
{
	execl("/proc/self/exe", "threads", "executed", NULL);
	return NULL;
}

static void *forks(void *argument)
{
	IN_CHILD("fork from a thread", {
		char line[64];
		FILE *status = fopen("/proc/self/status", "r");
		while (fgets(line, sizeof line, status))
			if (!strncmp(line, "Threads:", 8))
				say("threads in the child", "%d", atoi(line + 8));
	});
	return NULL;
}

int main(int count, char **arguments)
{
	if (count > 1) {
		yes("exec from a thread becomes the leader", getpid() == syscall(SYS_gettid));
		return 9;
	}
	pthread_t threads[4];
	void *result;
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, adds, NULL);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &result);
		show("thread-local sum", (long)result);
	}
	show("sum under a mutex", total);
	show("main's thread-local", local);
	for (long i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, takes_turns, (void *)i);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	show("turns", turn);
	int cleaned = 0;
	pthread_create(&threads[0], NULL, waits, &cleaned);
	pthread_cancel(threads[0]);
	pthread_join(threads[0], &result);
	say("cancelled", "%d, cleaned up %d", result == PTHREAD_CANCELED, cleaned);
	long value = 0;
	pthread_key_create(&key, destroyed);
	pthread_barrier_init(&barrier, NULL, 3);
	pthread_create(&threads[0], NULL, keeps, &value), pthread_create(&threads[1], NULL, keeps, &value);
	pthread_barrier_wait(&barrier);
	pthread_join(threads[0], NULL), pthread_join(threads[1], NULL);
	show("destructors", value);
	static pthread_once_t control = PTHREAD_ONCE_INIT;
	pthread_once(&control, once), pthread_once(&control, once);
	show("once", once_ran);
	pid_t ids[3];
	pthread_create(&threads[0], NULL, identity, ids);
	pthread_join(threads[0], NULL);
	say("identity", "pid %d, own tid %d, parent %d", ids[0] == getpid(), ids[1] != getpid(), ids[2] == getppid());
	usleep(100000); // joined, it may still be about to leave
	show("tgkill of a thread that is gone", syscall(SYS_tgkill, getpid(), ids[1], 0));
	show("tgkill of a wrong group", syscall(SYS_tgkill, getppid(), getpid(), 0));
	show("tkill 0", syscall(SYS_tkill, 0, 0));
	handle(SIGUSR1, catch, 0);
	pthread_create(&threads[0], NULL, waits, &cleaned);
	pthread_kill(threads[0], SIGUSR1);
	while (!caught_in)
		sched_yield();
	yes("signal went to that thread", caught_in != getpid());
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	caught_in = 0;
	kill(getpid(), SIGUSR1);
	while (!caught_in)
		sched_yield();
	yes("a process's signal goes to a thread that doesn't block it", caught_in != getpid());
	pthread_cancel(threads[0]), pthread_join(threads[0], NULL);
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 20000000, until.tv_sec += until.tv_nsec / 1000000000, until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&mutex);
	say("timed wait", "%s", strerrorname_np(pthread_cond_timedwait(&condition, &mutex, &until)));
	say("timed lock", "%s", strerrorname_np(pthread_mutex_timedlock(&mutex, &until)));
	say("trylock", "%s", strerrorname_np(pthread_mutex_trylock(&mutex)));
	pthread_create(&threads[0], NULL, forks, NULL), pthread_join(threads[0], NULL);
	IN_CHILD("exit ends all threads", { pthread_create(&threads[0], NULL, waits, &cleaned); exit(3); });
	IN_CHILD("a fatal signal in one ends all", { pthread_create(&threads[0], NULL, waits, &cleaned); pthread_kill(threads[0], SIGTERM); for (;;) pause(); });
	IN_CHILD("main's pthread_exit leaves the others", { pthread_create(&threads[0], NULL, forks, NULL); pthread_exit(NULL); });
	IN_CHILD("exec from a thread", { pthread_create(&threads[0], NULL, execs, NULL); for (;;) pause(); });
	return 0;
}
