/* SPDX-License-Identifier: MIT
 *
 * memory.c - which allocation a test wants refused.
 */
#include "base/memory.h"

_Thread_local unsigned long cd_refuse_in;
