/* SPDX-License-Identifier: MIT
 *
 * schedule_start_test.c - starts with a handshake, task-local values and
 * context managers in any order, cancelled at any moment, without any
 * allocation.
 */
#include "scenario.h"

/* ---- starting ---------------------------------------------------------- */

struct server {
    int begun, ended, ready;
};

static int serves(void *arg)
{
    struct server *s = arg;
    s->begun++;
    int rc = cede_sleep(CEDE_SEC);
    if (rc == 0) {
        rc = cede_started(7);
        s->ready += rc == 0;
    }
    if (rc == 0)
        rc = cede_sleep(CEDE_SEC);
    s->ended++;
    return rc;
}

SCENARIO(who_is_started_is_ready_or_over)
{
    struct server s = {0};
    int rc;
    {
        CEDE_GROUP(g);
        rc = cede_start(&g, serves, &s);
        if (rc >= 0)
            ENSURE(rc == 7 && s.ready == 1);
        else
            ENSURE(s.begun == s.ended && s.ready == 0);
        int joined = cede_join(&g);
        rc = joined < 0 ? joined : rc;
    }
    ENSURE(s.begun == s.ended);
    return rc < 0 ? rc : 0;
}

static int starts_one(void *arg)
{
    CEDE_GROUP(g);
    return cede_join_rc(&g, cede_start(&g, serves, arg));
}

SCENARIO(whose_starter_is_cancelled_is_over_with_it)
{
    struct server s = {0};
    CEDE_GROUP(g);
    cede_future *early = cede_spawn(&g, starts_one, &s);
    cede_future *late = cede_spawn(&g, starts_one, &s);
    int rc = cede_sleep(CEDE_SEC / 2);
    (void)cede_cancel(early);
    int slept = cede_sleep(CEDE_SEC);
    (void)cede_cancel(late);
    int joined = cede_join(&g);
    ENSURE(s.begun == s.ended);
    return joined < 0 ? joined : rc < 0 ? rc : slept;
}

static int never_is_ready(void *unused)
{
    (void)unused;
    CEDE_TRY(cede_sleep(CEDE_SEC));
    return cede_fail(-EADDRINUSE, "no such luck");
}

SCENARIO(who_fails_before_it_is_ready_fails_its_start_alone)
{
    struct server s = {0};
    CEDE_GROUP(g);
    int one = cede_start(&g, never_is_ready, NULL);
    int two = cede_start(&g, serves, &s);
    int joined = cede_join(&g);
    if (joined < 0 || one != -EADDRINUSE)
        return joined < 0 ? joined : one;
    return two < 0 ? two : 0;
}

/* ---- task-local values ------------------------------------------------- */

static cede_local name = CEDE_LOCAL("name", NULL);
static cede_local depth = CEDE_LOCAL("depth", NULL);

static int inherits(void *mine)
{
    const char *before = cede_local_get(&name);
    ENSURE(before && *before == 'p');
    CEDE_TRY(cede_local_set(&depth, mine));
    CEDE_TRY(cede_sleep(CEDE_SEC));
    ENSURE(cede_local_get(&depth) == mine);
    CEDE_TRY(cede_local_set(&name, mine));
    CEDE_TRY(cede_sleep(0));
    ENSURE(cede_local_get(&name) == mine);
    return 0;
}

SCENARIO(values_are_inherited_and_not_shared)
{
    static int marks[3];
    CEDE_TRY(cede_local_set(&name, "parent"));
    int rc;
    {
        CEDE_GROUP(g);
        for (int i = 0; i < 3; i++)
            cede_go(&g, inherits, &marks[i]);
        rc = cede_join(&g);
    }
    ENSURE(cede_local_get(&depth) == NULL);
    ENSURE(*(const char *)cede_local_get(&name) == 'p');
    return rc;
}

/* ---- context managers -------------------------------------------------- */

static struct {
    int entered, exited;
} blocks;

static int enter_slowly(void *unused)
{
    (void)unused;
    CEDE_TRY(cede_sleep(CEDE_SEC));
    blocks.entered++;
    return 0;
}

static int exit_slowly(void *unused, int rc)
{
    (void)unused;
    blocks.exited++;
    int slept = cede_sleep(CEDE_SEC);
    return rc < 0 ? rc : slept;
}

static const cede_manager slow = {enter_slowly, exit_slowly};

static int uses_it(void *unused)
{
    (void)unused;
    int rc;
    cede_using (rc, &slow, &blocks)
        rc = cede_sleep(CEDE_SEC);
    return rc;
}

static int opens_in_a_generator(cede_gen *self, void *unused)
{
    (void)unused;
    CEDE_TRY(cede_sleep(CEDE_SEC));
    blocks.entered++;
    int rc = cede_yield(self, &blocks);
    blocks.exited++;
    return rc;
}

static int uses_a_generator(void *unused)
{
    int rc;
    cede_with (rc, int, x, cede_gen_of(int, opens_in_a_generator, unused))
        rc = x < 0 ? -EDOM : cede_sleep(CEDE_SEC);
    return rc;
}

SCENARIO(what_is_entered_is_exited)
{
    blocks.entered = blocks.exited = 0;
    int rc;
    {
        CEDE_GROUP(g);
        cede_go(&g, uses_it, NULL);
        cede_go(&g, uses_a_generator, NULL);
        rc = cede_join(&g);
    }
    ENSURE(blocks.entered == blocks.exited);
    return rc;
}

SUITE("schedule_start")
