/*
 * bound.h - time limits that end a test that hangs, for C and C++.
 *
 * A bound is minutes if the work takes seconds. It grows with AURA_TEST_SLOWNESS: how many times
 * slower than usual this program runs. The makefiles set it for valgrind and for the sanitizers,
 * and you may set it for a slow machine. No test judges by a bound how fast something was.
 */
#ifndef BOUND_H
#define BOUND_H

#include <execinfo.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* How many times slower than usual this program runs: at least 1. */
static inline unsigned bound_slowness(void)
{
    const char *slowness = getenv("AURA_TEST_SLOWNESS");
    unsigned times = 1;
    if (slowness && (sscanf(slowness, "%u", &times) != 1 || times < 1 || times > 1000)) {
        fprintf(stderr, "AURA_TEST_SLOWNESS is %s, not a number from 1 to 1000\n", slowness);
        exit(2);
    }
    return times;
}

/* This number of seconds, or more if this program runs slower. */
static inline unsigned bound_seconds(unsigned seconds)
{
    return seconds * bound_slowness();
}

/* Prints the stack of the thread that got the signal and, if gdb is installed, those of all
   threads. Then the signal ends the process, as without a handler. */
static inline void bound_passed(int number)
{
    static const char what[] = "the time bound passed, this process hangs:\n";
    void *frames[64];
    char process[16], gdb[] = "gdb", quiet[] = "-q", batch[] = "-batch", each[] = "-ex",
                      stacks[] = "thread apply all backtrace 30", of[] = "-p";
    char *command[] = {gdb, quiet, batch, each, stacks, of, process, NULL};
    char *none[] = {NULL};
    pid_t debugger;

    signal(number, SIG_DFL);
    alarm(60); /* this handler may hang as well */
    if (write(STDERR_FILENO, what, sizeof what - 1) > 0)
        backtrace_symbols_fd(frames, backtrace(frames, 64), STDERR_FILENO);
    snprintf(process, sizeof process, "%d", getpid());
    if (posix_spawnp(&debugger, gdb, NULL, NULL, command, none) == 0)
        waitpid(debugger, NULL, 0);
    raise(number);
}

/* Ends this process by SIGALRM if it still runs after this number of seconds, scaled as above. */
static inline void bound_alarm(unsigned seconds)
{
    /* ThreadSanitizer delays a signal while a thread waits, so a handler would never run. */
#ifndef __SANITIZE_THREAD__
    struct sigaction action;
    void *frame;
    backtrace(&frame, 1); /* Loads its functions now: a signal handler must not. */
    memset(&action, 0, sizeof action);
    action.sa_handler = bound_passed;
    action.sa_flags = SA_NODEFER;
    sigaction(SIGALRM, &action, NULL);
#endif
    alarm(bound_seconds(seconds));
}

/* How a child process ended: its exit status, or minus the signal that ended it. Give the child a
   shorter limit than its parent, so the parent can report it. */
static inline int child_status(pid_t child)
{
    int status = 0;
    if (waitpid(child, &status, 0) != child) {
        perror("waitpid");
        exit(2);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#endif
