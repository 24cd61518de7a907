/* SPDX-License-Identifier: MIT
 *
 * sendfile_test.c - peers that go while a file is being sent to them: the
 * kernel says how much it sent, and raises SIGPIPE for the rest.  Its call is
 * replaced here by one that does so every time.
 */
#include "check.h"
#include "descriptors.h"
#include <cede/stream.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>

static bool leaves; /* the peer, in the middle of the next call */

ssize_t sendfile(int out, int in, off_t *offset, size_t n)
{
    if (leaves) {
        n /= 2;
        CHECK(pthread_kill(pthread_self(), SIGPIPE) == 0);
    }
    leaves = false;
    return syscall(SYS_sendfile, out, in, offset, n);
}

static int file_of_1000(void)
{
    char name[] = "/tmp/cede-sendfile-XXXXXX";
    int fd = mkstemp(name);
    CHECK(fd >= 0);
    unlink(name);
    CHECK(ftruncate(fd, 1000) == 0);
    CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    return fd;
}

static void check_that_nothing_is_pending(void)
{
    sigset_t now;
    CHECK(sigpending(&now) == 0 && sigismember(&now, SIGPIPE) == 0);
    sigprocmask(SIG_SETMASK, NULL, &now);
    CHECK_EQ(sigismember(&now, SIGPIPE), 0);
}

TASK_TEST(a_peer_that_leaves_halfway_through_a_file_raises_nothing)
{
    int file = file_of_1000();
    PAIR(a, b);
    leaves = true;
    CHECK_EQ(cede_fd_sendfile(a, file, NULL, 1000), 1000);
    CHECK(!leaves);
    CHECK_EQ(drain(b), 1000);
    check_that_nothing_is_pending();
    close(file);
}

TASK_TEST(nor_does_the_peer_of_a_stream)
{
    int file = file_of_1000();
    PAIR(a, b);
    cede_stream *s;
    CHECK_OK(cede_stream_open(a, a, &s));
    a = -1;
    leaves = true;
    CHECK_EQ(cede_write_file(s, file, NULL, 1000), 1000);
    CHECK(!leaves);
    CHECK_EQ(drain(b), 1000);
    check_that_nothing_is_pending();
    CHECK_OK(cede_stream_close(s));
    close(file);
}

/* Not in a task: where contexts are ucontext's, each has a mask of its own. */
TEST(a_signal_that_was_pending_before_is_left_to_who_waits_for_it)
{
    sigset_t pipe, before;
    int file = file_of_1000();
    PAIR(a, b);
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    CHECK(pthread_sigmask(SIG_BLOCK, &pipe, &before) == 0);
    CHECK(raise(SIGPIPE) == 0);
    leaves = true;
    CHECK_EQ(cede_fd_sendfile(a, file, NULL, 1000), 1000);
    CHECK_EQ(sigtimedwait(&pipe, NULL, &(struct timespec){0}), SIGPIPE);
    CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    close(file);
}

SUITE("sendfile")
