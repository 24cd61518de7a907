/* SPDX-License-Identifier: MIT
 *
 * race.c - several calls at once, until one succeeds.
 *
 * A race is a group whose failures are not its business: the first success
 * cancels it.  Like a gather it ends all calls before it returns.  The owner
 * of a staggered one sleeps between its starts, and each failure ends a sleep.
 */
#include "base/memory.h"
#include "task/future.h"

#include <limits.h>
#include <stdlib.h>

struct race {
    cede_group group;
    int winner; /* its index; -1: none yet */
    int result;
    int failure; /* the first; 0: none */
    struct cd_message *message;
    cede_time stagger;
    size_t unanswered; /* failures that have not made another start yet */
    cede_scope *pause; /* the owner sleeps in it; NULL: it does not */
};

struct runner {
    struct race *race;
    const cede_call *call;
    int index;
};

static void succeeded(struct race *race, int index, int result)
{
    if (race->winner >= 0)
        return;
    race->winner = index;
    race->result = result;
    cede_group_cancel(&race->group);
}

static void failed(struct race *race, int rc)
{
    race->unanswered++;
    if (race->pause)
        cede_scope_cancel(race->pause);
    if (race->failure)
        return;
    race->failure = rc;
    race->message = cd_message_copy(cd_message_of(cd_current(), rc));
}

static int run(void *arg)
{
    struct runner *r = arg;
    int rc = r->call->fn(r->call->arg);
    if (rc >= 0)
        succeeded(r->race, r->index, rc);
    else
        failed(r->race, rc);
    return rc;
}

/* Until the next is to start; false: none is. */
static bool next_may_start(struct race *race)
{
    if (race->stagger <= 0)
        return true;
    if (race->unanswered == 0) {
        cede_scope pause;
        cede_enter(&pause, CEDE_NEVER);
        race->pause = &pause;
        cede_sleep(race->stagger);
        race->pause = NULL;
        cede_leave(&pause, 0);
    }
    race->unanswered -= race->unanswered > 0;
    return !cede_cancelled();
}

/* Of those that cannot be started the first is the last: that ends it. */
static void start_all(struct race *race, struct runner *runners,
                      const cede_call *calls, size_t n)
{
    race->group.impl_->tolerant = true;
    for (size_t i = 0; i < n && (i == 0 || next_may_start(race)); i++) {
        runners[i] = (struct runner){race, &calls[i], (int)i};
        struct cd_start s = {.name = "race",
                             .site = "race\0",
                             .fn = calls[i].fn ? run : NULL,
                             .arg = &runners[i]};
        int rc = cd_task_start(race->group.impl_, &s);
        if (rc == 0)
            continue;
        cd_message_free(race->message); /* what failed before is less */
        race->failure = 0;
        failed(race, rc);
        cede_group_cancel(&race->group);
        return;
    }
}

static int run_race(struct runner *runners, const cede_call *calls, size_t n,
                    cede_time stagger, int *result)
{
    struct race race = {.winner = -1, .stagger = stagger};
    cede_group_enter_named_(&race.group, "race\0");
    if (race.group.impl_)
        start_all(&race, runners, calls, n);
    int rc = cede_join(&race.group);
    if (race.winner >= 0 && result)
        *result = race.result;
    if (race.winner < 0 && rc == 0)
        return cd_future_told(race.failure, race.message);
    cd_message_free(race.message);
    return race.winner >= 0 ? race.winner : rc;
}

int cede_race_staggered(const cede_call *calls, size_t n, cede_time delay,
                        int *result)
{
    struct cd_task *t = cd_task_needed("a race");
    if (!t)
        return -EPERM;
    if (n == 0 || n > INT_MAX)
        return cede_fail(-EINVAL, "a race of %zu calls", n);
    int rc = cd_checkpoint(t);
    if (rc < 0)
        return rc;
    struct runner *runners = cd_malloc(n * sizeof *runners);
    if (!runners)
        return -ENOMEM;
    rc = run_race(runners, calls, n, delay, result);
    free(runners);
    return rc;
}

int cede_race(const cede_call *calls, size_t n, int *result)
{
    return cede_race_staggered(calls, n, 0, result);
}
