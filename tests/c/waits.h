/*
 * waits.h - when a thread waits. It would be misuse to free a handle before a thread has begun to
 * wait for it.
 */
#ifndef WAITS_H
#define WAITS_H

#include "check.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Room for a thread's folder in /proc. */
enum { WAITS_THREAD = 64 };

/* Writes the folder of the current thread. Returns whether it is known. */
static inline int waits_this_thread(char thread[WAITS_THREAD])
{
    ssize_t length = readlink("/proc/thread-self", thread, WAITS_THREAD - 1);
    if (length > 0)
        thread[length] = '\0';
    return length > 0;
}

/* The system call that a thread is in, and its arguments. */
static inline void waits_system_call(const char *thread, char call[128])
{
    char path[96];
    snprintf(path, sizeof path, "/proc/%s/syscall", thread);
    FILE *file = fopen(path, "r");
    if (!file || !fgets(call, 128, file))
        check_give_up(path);
    fclose(file);
}

/* Returns once the thread waits: it stays in the same system call, which waits on an address. */
static inline void waits_until_it_waits(const char *thread)
{
    char before[128] = "", now[128] = "";
    do {
        memcpy(before, now, sizeof before);
        nanosleep(&(struct timespec){0, 20000000}, NULL);
        waits_system_call(thread, now);
    } while (atol(now) != SYS_futex || strcmp(before, now) != 0);
}

#endif
