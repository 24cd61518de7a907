/* SPDX-License-Identifier: MIT
 *
 * overflow.h - what happens when a stack is used up.
 */
#ifndef CD_CTX_OVERFLOW_H
#define CD_CTX_OVERFLOW_H

void cd_overflow_init(void);
void cd_overflow_thread_init(void);
void cd_overflow_thread_end(void);

#endif
