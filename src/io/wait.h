/* SPDX-License-Identifier: MIT
 *
 * wait.h - tasks that wait for descriptors, and for what behaves like one.
 */
#ifndef CD_IO_WAIT_H
#define CD_IO_WAIT_H

#include "task/task.h"

/* Wait until f, which is of the running task's loop, is ready in that direction
 * (CD_IN or CD_OUT), and was not when it was tried.  The caller has passed the
 * checkpoint.  Ready by now: returns at once.
 * 0: try again; -EBUSY: somebody waits there already; CEDE_ECLOSED; -ECANCELED;
 * and what cd_fd_await answers. */
int cd_fd_wait(struct cd_fd *f, unsigned direction, const char *why);

/* -EBUSY, with a message. */
int cd_fd_busy(const char *why);

#endif
