/* SPDX-License-Identifier: MIT
 *
 * limit.h - how many more stacks the control group has memory for.
 */
#ifndef CD_CTX_LIMIT_H
#define CD_CTX_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* May one more stack get its first page?  If so, it counts as fresh until
 * settled.  slot: bytes from one such stack to the next.  Any thread; keeps
 * no errno. */
bool cd_limit_admits(size_t slot);

/* Something runs on a fresh stack, or it has gone: any thread, once each. */
void cd_limit_settle(void);

/* Around a fork: nobody else is in here. */
void cd_limit_lock(void);
void cd_limit_unlock(void);

/* Which limit the last refusal ran into, and how to raise it. */
void cd_limit_explain(char *buf, size_t size);

/* Bytes the nearest limit leaves for stacks; UINT64_MAX: there is none.
 * self is what /proc/self/cgroup is, root what /sys/fs/cgroup is.  One thread
 * at a time. */
uint64_t cd_limit_room(const char *self, const char *root);

#endif
