/* SPDX-License-Identifier: MIT
 *
 * waits.c - --waits: n tasks that wait equally long, all at once.
 *
 * One after another they would take n times the wait, which is computed;
 * together they take as long as one, plus what it costs to start and end
 * them, which is measured.  A million tasks need a million stacks; where the
 * kernel or the memory does not allow them, the row says so.
 */
#include "pipeline.h"

#include <stdio.h>
#include <string.h>

enum { MANY = 1000000, STACK = 16 * 1024 };

static const cede_time one_wait = CEDE_SEC / 5;

static int wait_once(void *arg)
{
    (void)arg;
    return cede_sleep(one_wait);
}

static int wait_together(int64_t n)
{
    const cede_task_options small = {.name = "wait", .stack_size = STACK};
    CEDE_GROUP(group);
    int rc = 0;
    for (int64_t i = 0; i < n && rc == 0; i++)
        rc = cede_go_with(&group, wait_once, NULL, &small);
    return cede_join(&group);
}

/* Kilobytes of memory that programs may still take; INT64_MAX: unknown. */
static int64_t memory_available(void)
{
    int64_t kilobytes = INT64_MAX;
    FILE *file = fopen("/proc/meminfo", "re");
    if (!file)
        return kilobytes;
    char line[128];
    long long found;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "MemAvailable: %lld kB", &found) == 1)
            kilobytes = found;
    fclose(file);
    return kilobytes;
}

/* "0.2 s", "3.3 min", "55.6 h". */
static void print_long(double seconds)
{
    if (seconds < 60)
        printf("%12.1f s  ", seconds);
    else if (seconds < 3600)
        printf("%12.1f min", seconds / 60);
    else
        printf("%12.1f h  ", seconds / 3600);
}

/* "1,000,000", right-aligned. */
static void print_count(int64_t n)
{
    char text[32];
    char *at = text + sizeof text - 1;
    *at = '\0';
    for (int digits = 0; n > 0; n /= 10, digits++) {
        if (digits > 0 && digits % 3 == 0)
            *--at = ',';
        *--at = (char)('0' + n % 10);
    }
    printf("%11s", at);
}

static void print_measured(int64_t n)
{
    if (n >= MANY && memory_available() < INT64_C(6000000)) {
        printf("     skipped: needs 4.3 GB, and less than 6 GB is free\n");
        return;
    }
    cede_time start = cede_clock();
    int rc = wait_together(n);
    if (rc < 0)
        printf("     not here: %s\n", cede_message());
    else
        printf("%12.2f s\n", (double)(cede_clock() - start) / CEDE_SEC);
}

int waits(void)
{
    static const int64_t counts[] = {1, 1000, 10000, MANY};
    printf("%11s   %s   %s\n", "waits", "one by one", "    together");
    printf("%11s   %s   %s\n", "of 0.2 s", "(computed)", "  (measured)");
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        print_count(counts[i]);
        print_long((double)(counts[i] * one_wait) / CEDE_SEC);
        fflush(stdout); /* what follows takes a while */
        print_measured(counts[i]);
    }
    if (fflush(stdout) != 0)
        return cede_fail(-errno, "standard output: %s", strerror(errno));
    return 0;
}
