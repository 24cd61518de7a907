/* SPDX-License-Identifier: MIT
 *
 * schedule_loop_test.c - callbacks, posts and remote starts in any order,
 * cancelled at any moment, without any allocation.
 */
#include "scenario.h"

/* Callbacks may run when main is over, so what they touch is static. */
static struct {
    int next; /* the number that is to come */
    bool cancelled;
} order;

static int comes(void *arg)
{
    int n = (int)(intptr_t)arg;
    ENSURE(n == order.next);
    order.next++;
    return 0;
}

static int never(void *arg)
{
    (void)arg;
    ENSURE(!order.cancelled);
    return 0;
}

static int registers_three(cede_loop *l)
{
    CEDE_TRY(cede_loop_call_soon(l, comes, (void *)0, NULL));
    CEDE_TRY(cede_loop_call_soon(l, comes, (void *)1, NULL));
    CEDE_TRY(cede_sleep(0));
    CEDE_TRY(cede_loop_call_later(l, CEDE_SEC, comes, (void *)3, NULL));
    CEDE_TRY(cede_loop_call_soon(l, comes, (void *)2, NULL));
    return cede_sleep(2 * CEDE_SEC);
}

SCENARIO(callbacks_keep_their_order)
{
    order.next = 0;
    int rc = registers_three(cede_loop_current());
    ENSURE(rc < 0 || order.next == 4);
    return rc;
}

SCENARIO(a_callback_that_was_cancelled_does_not_run)
{
    cede_handle h[2] = {{0}, {0}};
    cede_loop *l = cede_loop_current();
    order.cancelled = false;
    int rc = cede_loop_call_soon(l, never, NULL, &h[0]);
    if (rc == 0)
        rc = cede_loop_call_later(l, CEDE_SEC, never, NULL, &h[1]);
    if (rc == 0)
        rc = cede_sleep(CEDE_MS);
    order.cancelled = true;
    cede_handle_cancel(&h[0]);
    cede_handle_cancel(&h[1]);
    return rc < 0 ? rc : cede_sleep(2 * CEDE_SEC);
}

/* ---- started as if from elsewhere -------------------------------------- */

static struct {
    int begun, ended;
} remote;

static int works(void *arg)
{
    (void)arg;
    remote.begun++;
    int rc = cede_sleep(CEDE_SEC);
    remote.ended++;
    return rc < 0 ? rc : 5;
}

SCENARIO(a_remote_task_is_awaited_or_cancelled)
{
    remote.begun = remote.ended = 0;
    cede_future *f = cede_loop_spawn_on(cede_loop_current(), works, NULL);
    int rc = cede_await(f);
    if (rc == -ECANCELED) {
        cede_scope s;
        cede_enter_shielded(&s, CEDE_NEVER);
        cede_cancel(f);
        (void)cede_await(f);
        cede_leave(&s, 0);
    }
    ENSURE(remote.begun == remote.ended);
    ENSURE(rc < 0 || rc == 5);
    cede_future_free(f);
    return rc < 0 ? rc : 0;
}

SUITE("schedule_loop")
