/* SPDX-License-Identifier: MIT
 *
 * 16_descriptors.c - plain descriptors: what two programs print is read as it
 * comes, by a task each, and a clock ticks beside them.
 */
#include <cede.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int tick(void *ticks)
{
    while (cede_sleep(CEDE_MS) == 0)
        ++*(int *)ticks;
    return 0;
}

static int copy(int from, int to)
{
    char text[100];
    int n;
    while ((n = cede_fd_read(from, text, sizeof text)) > 0)
        CEDE_TRY(cede_fd_write(to, text, (size_t)n));
    return n;
}

static int run_program(void *command)
{
    int ends[2];
    CEDE_TRY(cede_fd_pipe(ends));
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl("/bin/sh", "sh", "-c", command, NULL);
        _exit(127);
    }
    cede_fd_close(ends[1]);
    int rc = copy(ends[0], STDOUT_FILENO);
    cede_fd_close(ends[0]); /* a program that still prints ends by it */
    waitpid(pid, NULL, 0);
    return rc;
}

static int run_both(void *ticks)
{
    CEDE_GROUP(g);
    cede_go(NULL, tick, ticks);
    cede_go(&g, run_program, "sleep 0.1; echo there");
    cede_go(&g, run_program, "echo hello; sleep 0.2; echo again");
    return cede_join(&g);
}

int main(void)
{
    int ticks = 0;
    return cede_run(run_both, &ticks) < 0 || ticks < 10;
}

/* Prints:
 * hello
 * there
 * again
 */
