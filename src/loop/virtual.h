/* SPDX-License-Identifier: MIT
 *
 * virtual.h - what tests do with the virtual clock.
 */
#ifndef CD_LOOP_VIRTUAL_H
#define CD_LOOP_VIRTUAL_H

#include "loop/poller.h"

/* It does not jump by itself; and does again. */
void cd_virtual_hold(struct cd_poller *p, bool on);

/* It jumps now; delay >= 0. */
void cd_virtual_jump(struct cd_poller *p, cede_time delay);

/* When a poll has waited so long, in real time, and nobody woke it: hung() is
 * called, and may return. */
void cd_virtual_patience(struct cd_poller *p, cede_time delay,
                         void (*hung)(void));

#endif
