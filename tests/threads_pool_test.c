/* SPDX-License-Identifier: MIT
 *
 * threads_pool_test.c - what every pool promises, of threads.
 */
#define MAKE_POOL cede_threads
#include "pool_conformance.h"
#include "pool_map.h"
#include "pool_wait.h"

SUITE("threads_pool")
