/* SPDX-License-Identifier: MIT
 *
 * forks.h - which process this is.
 *
 * What lies in memory that a fork copies, and is the parent's all the same,
 * notes the count when it is made, and compares.
 */
#ifndef CD_BASE_FORKS_H
#define CD_BASE_FORKS_H

/* How often this process's ancestors forked since somebody wanted to know. */
extern unsigned cd_forks;

/* Count from now on; again: nothing.  Any thread. */
void cd_forks_count(void);

#endif
