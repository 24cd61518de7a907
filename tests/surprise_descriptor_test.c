/* SPDX-License-Identifier: MIT
 *
 * surprise_descriptor_test.c - descriptors that another process has as well.
 */
#include "check.h"
#include "children.h"
#include "coro/coro.h"
#include "descriptors.h"
#include "loop/loop.h"

/* A while in which a loop that spins would have thousands of turns. */
static void check_that_nothing_spins(void)
{
    uint64_t before = cd_me.loop->batch;
    CHECK_OK(cede_sleep(30 * CEDE_MS));
    CHECK(cd_me.loop->batch - before < 10);
}

static void stays(int ready, int end)
{
    char c;
    (void)!write(ready, "x", 1);
    (void)!read(end, &c, 1);
    _exit(0);
}

TASK_TEST(a_child_that_keeps_the_file_open_wakes_nobody)
{
    PAIR(a, b);
    PAIR(c, d);
    int ready[2], end[2];
    CHECK(pipe(ready) == 0 && pipe(end) == 0);
    cede_future *f = cede_spawn(NULL, reads_a_byte, &a);
    CHECK_OK(cede_sleep(CEDE_MS));
    pid_t pid = fork();
    if (pid == 0)
        stays(ready[1], end[0]);
    CHECK_EQ(reads_a_byte(&ready[0]), 1);
    CHECK_OK(cede_fd_close(a));
    CHECK_ERR(cede_await(f), CEDE_ECLOSED);
    cede_future_free(f);
    CHECK_EQ(dup2(c, a), a);
    f = cede_spawn(NULL, reads_a_byte, &a);
    CHECK_EQ(cede_fd_write(b, "x", 1), 1);
    check_that_nothing_spins();
    CHECK(!cede_done(f));
    CHECK_EQ(cede_fd_write(d, "x", 1), 1);
    CHECK_EQ(cede_await(f), 1);
    cede_future_free(f);
    CHECK_EQ(write(end[1], "x", 1), 1);
    CHECK_EQ(waitpid(pid, NULL, 0), pid);
}

TASK_TEST(the_child_of_a_fork_waits_by_itself)
{
    PAIR(a, b);
    cede_future *f = cede_spawn(NULL, reads_a_byte, &a);
    CHECK_OK(cede_sleep(CEDE_MS));
    pid_t pid = fork();
    if (pid == 0)
        _exit(cede_run(reads_a_byte, &b) == 1 ? 7 : 1);
    CHECK_EQ(cede_fd_write(a, "x", 1), 1);
    int status;
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    CHECK(!cede_done(f));
    CHECK_EQ(cede_fd_write(b, "x", 1), 1);
    CHECK_EQ(cede_await(f), 1);
    cede_future_free(f);
}

SUITE_OF_FORKS("surprise_descriptor")
