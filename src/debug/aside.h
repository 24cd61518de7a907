/* SPDX-License-Identifier: MIT
 *
 * aside.h - a call on a large stack.
 */
#ifndef CD_DEBUG_ASIDE_H
#define CD_DEBUG_ASIDE_H

#include <stdbool.h>
#include <stddef.h>

/* Call fn(arg) on another stack of at least size bytes; it must not wait.
 * false: there is no memory for one, fn was not called. */
bool cd_aside(size_t size, void (*fn)(void *arg), void *arg);

#endif
