/* SPDX-License-Identifier: MIT
 *
 * schedule.c - which choices a seeded run made, and where it had some.
 */
#include "loop/guide.h"

#include <cede/testing.h>

uint64_t cede_test_moments(void)
{
    const struct cd_guide *g = cd_me.loop ? cd_me.loop->guide : NULL;
    return g ? g->moments : 0;
}

uint64_t cede_schedule(void)
{
    const struct cd_guide *g = cd_me.loop ? cd_me.loop->guide : NULL;
    return g && g->seed ? g->hash : cd_me.schedule;
}
