/* SPDX-License-Identifier: MIT
 *
 * io_interrupt_test.c - signals that come while a descriptor is asked whether
 * it is ready.  The kernel's call is replaced here by one that is interrupted.
 */
#define _GNU_SOURCE
#include "check.h"
#include "descriptors.h"
#include <poll.h>

static int interrupts;

int poll(struct pollfd *fds, nfds_t n, int delay)
{
    struct timespec t = {delay / 1000, delay % 1000 * 1000000L};
    if (interrupts == 0)
        return ppoll(fds, n, delay < 0 ? NULL : &t, NULL);
    interrupts--;
    errno = EINTR;
    return -1;
}

TASK_TEST(an_interrupted_question_is_no_answer)
{
    PIPE(r, w);
    set_blocking(r, true);
    interrupts = 1;
    CHECK_ERR(cede_within(CEDE_MS, reads_a_byte, &r), -ETIMEDOUT);
    CHECK_EQ(interrupts, 0);
    interrupts = 1;
    CHECK_EQ(cede_fd_write(w, "x", 1), 1);
    CHECK_EQ(reads_a_byte(&r), 1);
}

SUITE("io_interrupt")
