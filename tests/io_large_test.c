/* SPDX-License-Identifier: MIT
 *
 * io_large_test.c - counts at their limit.  The kernel's call is replaced here
 * by one that takes everything: two gigabytes are not to be copied.
 */
#include "check.h"
#include "descriptors.h"
#include <limits.h>
#include <sys/uio.h>

ssize_t writev(int fd, const struct iovec *v, int n)
{
    (void)fd;
    ssize_t all = 0;
    for (int i = 0; i < n; i++)
        all += (ssize_t)v[i].iov_len;
    return all;
}

TASK_TEST(a_blocking_pipe_takes_no_more_than_can_be_counted)
{
    static char c;
    const struct iovec v[] = {{&c, INT_MAX - 100}, {&c, INT_MAX}};
    PIPE(r, w);
    set_blocking(w, true);
    CHECK_EQ(cede_fd_writev(w, v, 2), INT_MAX);
    (void)r;
}

SUITE("io_large")
