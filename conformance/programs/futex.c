// futex operations: values, waking, moving, bit sets, timeouts, priority inheritance, robust lists.
#include "check.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

static long futex(void *word, int operation, long value, const void *timeout, void *other, long third)
{
	return syscall(SYS_futex, word, operation, value, timeout, other, third);
}

static uint32_t *words;

/** A child that waits on word 0 (or 1) in shared memory and exits with what the call gave. */
static pid_t waiter(int word, int operation, unsigned bits)
{
	int pipes[2];
	char c;
	pipe(pipes);
	pid_t child = fork();
	if (child == 0) {
		close(pipes[1]);
		long result = futex(&words[word], operation, 0, NULL, NULL, bits);
		_exit(result == 0 ? 0 : errno);
	}
	close(pipes[0]), close(pipes[1]);
	usleep(50000);
	return child;
}

static void *dies_with_lock(void *mutex)
{
	pthread_mutex_lock(mutex);
	return NULL;
}

int main(void)
{
	words = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct timespec zero = { 0, 0 }, soon = { 0, 1000000 }, bad = { 0, 1000000000 }, past = { 1, 0 };
	show("wait with another value", futex(words, FUTEX_WAIT, 1, NULL, NULL, 0));
	show("wait no time", futex(words, FUTEX_WAIT, 0, &zero, NULL, 0));
	show("wait a little", futex(words, FUTEX_WAIT, 0, &soon, NULL, 0));
	show("wait bad time", futex(words, FUTEX_WAIT, 0, &bad, NULL, 0));
	show("wait until the past", futex(words, FUTEX_WAIT_BITSET, 0, &past, NULL, -1));
	show("wait until the past, real time", futex(words, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &past, NULL, -1));
	show("wait without bits", futex(words, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0));
	show("wake without bits", futex(words, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
	show("misaligned", futex((char *)words + 2, FUTEX_WAIT, 0, NULL, NULL, 0));
	show("unmapped", futex((void *)4096, FUTEX_WAIT, 0, NULL, NULL, 0));
	show("wake unmapped, private", futex((void *)4096, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0));
	show("wake unmapped, shared", futex((void *)4096, FUTEX_WAKE, 1, NULL, NULL, 0));
	show("unknown operation", futex(words, 99, 0, NULL, NULL, 0));
	show("wake nobody", futex(words, FUTEX_WAKE, 1, NULL, NULL, 0));

	pid_t a = waiter(0, FUTEX_WAIT, 0), b = waiter(0, FUTEX_WAIT, 0), c = waiter(0, FUTEX_WAIT, 0);
	show("wake private doesn't reach", futex(words, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 9, NULL, NULL, 0));
	show("wake one", futex(words, FUTEX_WAKE, 1, NULL, NULL, 0));
	ended("the first comes first", a);
	show("wake all", futex(words, FUTEX_WAKE, 99, NULL, NULL, 0));
	ended("second", b), ended("third", c);

	a = waiter(0, FUTEX_WAIT_BITSET, 1), b = waiter(0, FUTEX_WAIT_BITSET, 2);
	show("wake bit 2", futex(words, FUTEX_WAKE_BITSET, 9, NULL, NULL, 2));
	ended("second", b);
	show("wake bit 1", futex(words, FUTEX_WAKE_BITSET, 9, NULL, NULL, 1));
	ended("first", a);

	a = waiter(0, FUTEX_WAIT, 0), b = waiter(0, FUTEX_WAIT, 0), c = waiter(0, FUTEX_WAIT, 0);
	show("requeue with another value", futex(words, FUTEX_CMP_REQUEUE, 1, (void *)1, &words[1], 5));
	show("requeue", futex(words, FUTEX_CMP_REQUEUE, 1, (void *)1, &words[1], 0));
	ended("woken", a);
	show("moved", futex(&words[1], FUTEX_WAKE, 9, NULL, NULL, 0));
	ended("moved one", b);
	show("left", futex(words, FUTEX_WAKE, 9, NULL, NULL, 0));
	ended("left one", c);

	a = waiter(0, FUTEX_WAIT, 0), b = waiter(1, FUTEX_WAIT, 0);
	show("wake op", futex(words, FUTEX_WAKE_OP, 1, (void *)1, &words[1], FUTEX_OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_EQ, 0)));
	ended("first", a), ended("second", b);
	show("second word", words[1]);
	show("wake op, not equal", futex(words, FUTEX_WAKE_OP, 1, (void *)1, &words[1], FUTEX_OP(FUTEX_OP_SET, 0, FUTEX_OP_CMP_LT, 1)));
	show("second word", words[1]);

	a = waiter(0, FUTEX_WAIT, 0);
	kill(a, SIGTERM);
	ended("killed while waiting", a);
	show("nobody is left", futex(words, FUTEX_WAKE, 9, NULL, NULL, 0));

	show("lock_pi", futex(words, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	yes("holds our tid", words[0] == (uint32_t)getpid());
	show("lock_pi again", futex(words, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	IN_CHILD("another's", { show("trylock_pi", futex(words, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0)); show("unlock_pi", futex(words, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0)); });
	show("unlock_pi", futex(words, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	yes("word holds no owner", (words[0] & FUTEX_TID_MASK) == 0);
	words[0] = 0;

	pthread_mutex_t *robust = (void *)(words + 1024);
	pthread_mutexattr_t attributes;
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(robust, &attributes);
	pthread_t thread;
	pthread_create(&thread, NULL, dies_with_lock, robust);
	pthread_join(thread, NULL);
	say("a thread's robust mutex", "%s", strerrorname_np(pthread_mutex_lock(robust)));
	show("made consistent", pthread_mutex_consistent(robust));
	show("unlock", pthread_mutex_unlock(robust));
	IN_CHILD("dies with it", pthread_mutex_lock(robust); kill(getpid(), SIGKILL));
	say("a process's robust mutex", "%s", strerrorname_np(pthread_mutex_lock(robust)));
	show("unlock without mending", pthread_mutex_unlock(robust));
	say("then it is lost", "%s", strerrorname_np(pthread_mutex_lock(robust)));
	pthread_mutexattr_t inheriting;
		pthread_mutexattr_init(&inheriting);
	pthread_mutexattr_settype(&inheriting, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutexattr_setprotocol(&inheriting, PTHREAD_PRIO_INHERIT);
	pthread_mutex_t inherit;
	show("priority-inheriting mutex", pthread_mutex_init(&inherit, &inheriting));
	show("lock", pthread_mutex_lock(&inherit));
	say("lock again", "%s", strerrorname_np(pthread_mutex_lock(&inherit)));
	show("unlock", pthread_mutex_unlock(&inherit));
	void *head;
	size_t length;
	show("get_robust_list", syscall(SYS_get_robust_list, 0, &head, &length));
	show("length", length);
	show("set_robust_list of another length", syscall(SYS_set_robust_list, head, 8));
	struct { uint64_t value, address; uint32_t flags, reserved; } several[2] = { { 1, (uintptr_t)words, 2 }, { 0, (uintptr_t)&words[1], 2 } };
	show("futex_waitv with another value", syscall(449, several, 2, 0, NULL, 0));
	show("futex_waitv of none", syscall(449, several, 0, 0, NULL, 0));
	return 0;
}
