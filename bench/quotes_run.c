/* SPDX-License-Identifier: MIT
 *
 * quotes_run.c - run a command on one processor and say what it took.
 *
 *     bench_quotes_run CPU COMMAND [ARGUMENT]...
 *
 * Prints "SECONDS CPU_SECONDS MAX_RSS_KIB" on standard error at the end; the
 * status is the command's.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run_command(const char *cpu, char **command)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)atoi(cpu), &set);
    sched_setaffinity(0, sizeof set, &set);
    execvp(command[0], command);
    perror(command[0]);
    _exit(127);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("Usage: bench_quotes_run CPU COMMAND...\n", stderr);
        return 2;
    }
    double start = now();
    pid_t child = fork();
    if (child == 0)
        run_command(argv[1], argv + 2);
    int status;
    struct rusage used;
    if (child < 0 || wait4(child, &status, 0, &used) < 0) {
        perror("bench_quotes_run");
        return 2;
    }
    fprintf(stderr, "%.2f %.2f %ld\n", now() - start,
            seconds_of(used.ru_utime) + seconds_of(used.ru_stime),
            used.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
