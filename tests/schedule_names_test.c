/* SPDX-License-Identifier: MIT
 *
 * schedule_names_test.c - names looked up, in any order, cancelled at any
 * moment, and whatever allocation is refused.  The resolver runs on real
 * threads, so what the seeds order is the tasks.
 */
#include "scenario.h"

#include "resolver.h"

static int finds(void *text)
{
    cede_address a[4];
    int rc = cede_resolve_name(text, a, 4);
    ENSURE(rc <= 2);
    for (int i = 0; i < rc; i++)
        ENSURE(cede_address_port(&a[i]) == 80);
    return rc < 0 ? rc : 0;
}

/* What is forgotten is left behind for a moment. */
static void settle(void *unused)
{
    (void)unused;
    resolver_settle();
}

SCENARIO(names_are_found_or_not)
{
    (void)unused;
    CEDE_DEFER(settle, NULL);
    CEDE_GROUP(g);
    cede_go(&g, finds, "tcp://two:80");
    cede_go(&g, finds, "tcp://other:80");
    cede_go(&g, finds, "tcp://192.0.2.7:80");
    return cede_join(&g);
}

SCENARIO(a_failed_look_up_says_so)
{
    (void)unused;
    CEDE_DEFER(settle, NULL);
    int rc = finds("tcp://noname:80");
    ENSURE(rc < 0);
    return rc == CEDE_EDNS ? 0 : rc;
}

SUITE("schedule_names")
