/*
 * Measures a job and prints the figures as a line of JSON, for every C program.
 *
 * Usage: PROGRAM JOB URL COUNT WARM_UP [...]. A program runs the job's operation WARM_UP times, then
 * measures COUNT runs.
 */
#ifndef BENCH_H
#define BENCH_H

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define THREADS 64

typedef struct {
    long count;
    double cpu_us, wall_us, began_us;
    double *latencies;
    /* Counts what was read. compare.py checks that all programs read the same rows. */
    long rows, checksum;
} bench;

static double clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static double cpu_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static long memory_kb(const char *field)
{
    char line[256];
    long kb = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, field, strlen(field)) == 0)
            kb = atol(line + strlen(field));
    if (status)
        fclose(status);
    return kb;
}

static void bench_print(bench *b)
{
    long n = b->count;
    qsort(b->latencies, n, sizeof *b->latencies, by_size);
    printf("{\"count\":%ld,\"rows\":%ld,\"checksum\":%ld,\"cpu_us\":%.0f,\"wall_us\":%.0f,"
           "\"p50_us\":%.1f,\"p99_us\":%.1f,\"rss_kb\":%ld,\"peak_kb\":%ld}\n",
           n, b->rows, b->checksum, b->cpu_us, b->wall_us, b->latencies[n / 2],
           b->latencies[n * 99 / 100], memory_kb("VmRSS:"), memory_kb("VmHWM:"));
}

/* Runs `operation` WARM_UP times, then measures COUNT runs. */
static inline void bench_run(long count, long warm_up, void (*operation)(void *, bench *), void *context)
{
    bench b = {.count = count, .latencies = calloc(count, sizeof(double))};
    bench warm = {0};
    for (long i = 0; i < warm_up; i++)
        operation(context, &warm);
    double cpu = cpu_us(), start = clock_us(), last = start;
    for (long i = 0; i < count; i++) {
        operation(context, &b);
        double now = clock_us();
        b.latencies[i] = now - last;
        last = now;
    }
    b.wall_us = last - start;
    b.cpu_us = cpu_us() - cpu;
    bench_print(&b);
    free(b.latencies);
}

typedef struct {
    void *context;
    void (*operation)(void *, bench *);
    bench part, warm;
    pthread_barrier_t *ready;
    long warm_up;
} bench_thread;

static void *bench_thread_main(void *argument)
{
    bench_thread *thread = argument;
    for (long i = 0; i < thread->warm_up; i++)
        thread->operation(thread->context, &thread->warm);
    /* The clock starts between the two barriers. */
    pthread_barrier_wait(thread->ready);
    pthread_barrier_wait(thread->ready);
    for (long i = 0; i < thread->part.count; i++) {
        double start = clock_us();
        thread->operation(thread->context, &thread->part);
        thread->part.latencies[i] = clock_us() - start;
    }
    return NULL;
}

/* The same in THREADS threads at once, each with its own context. */
static inline void bench_run_threads(long count, long warm_up,
                                     void (*operation)(void *, bench *),
                                     void *contexts[THREADS])
{
    bench b = {.count = count / THREADS * THREADS};
    b.latencies = calloc(b.count, sizeof(double));
    pthread_barrier_t ready;
    pthread_barrier_init(&ready, NULL, THREADS + 1);
    static bench_thread threads[THREADS];
    pthread_t ids[THREADS];
    for (int i = 0; i < THREADS; i++) {
        long each = b.count / THREADS;
        threads[i] = (bench_thread){
            .context = contexts[i],
            .operation = operation,
            .part = {.count = each, .latencies = b.latencies + i * each},
            .ready = &ready,
            .warm_up = warm_up / THREADS + 1,
        };
        if (pthread_create(&ids[i], NULL, bench_thread_main, &threads[i]) != 0)
            fail("no thread");
    }
    pthread_barrier_wait(&ready);
    double cpu = cpu_us(), start = clock_us();
    pthread_barrier_wait(&ready);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(ids[i], NULL);
        b.rows += threads[i].part.rows;
        b.checksum += threads[i].part.checksum;
    }
    b.wall_us = clock_us() - start;
    b.cpu_us = cpu_us() - cpu;
    bench_print(&b);
    free(b.latencies);
}

#endif
