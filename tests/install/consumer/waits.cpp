/* SPDX-License-Identifier: MIT
 *
 * waits.cpp - what a C++ program makes and starts by macros: locks, cases,
 * groups, scopes, generators to be closed, loops, jobs.
 */
#include <cede.h>

static cede_sem tables = CEDE_SEM(1);
static cede_sem chairs = CEDE_SEM_BOUNDED(1 + 1);
static cede_barrier meeting = CEDE_BARRIER(2);
static cede_mutex guard;
static cede_cond changed;
static cede_event opened;
static int guests;

static bool both_are_there(void *)
{
    return guests == 2;
}

static int guest(void *)
{
    CEDE_TRY(cede_event_wait(&opened));
    CEDE_TRY(cede_sem_acquire(&chairs));
    int rc = 0;
    cede_using (rc, &cede_manager_mutex, &guard) {
        guests++;
        rc = cede_cond_notify(&changed, SIZE_MAX);
        if (rc >= 0)
            rc = cede_cond_wait_for(&changed, &guard, both_are_there, nullptr);
    }
    CEDE_TRY(rc);
    CEDE_TRY(cede_barrier_wait(&meeting));
    return cede_sem_release(&chairs);
}

static int locks()
{
    CEDE_GROUP(group);
    for (int i = 0; i < 2; i++)
        cede_go(&group, guest, nullptr);
    cede_event_set(&opened);
    CEDE_TRY(cede_join(&group));
    return cede_sem_try_acquire(&tables) == 0 &&
                   cede_sem_release(&chairs) == -EINVAL &&
                   cede_sem_permits(&chairs) == 2
               ? 0
               : -EDOM;
}

static int cases()
{
    cede_queue *orders = cede_queue_new(sizeof(int), 1);
    cede_queue *log = cede_queue_new(sizeof(int), 1);
    int order = 0;
    const int line = 7;
    cede_case both[] = {CEDE_CASE_GET(orders, &order),
                        CEDE_CASE_PUT(log, &line)};
    int first = cede_select(both, 2);
    int got = cede_get(log, &order);
    cede_queue_free(orders);
    cede_queue_free(log);
    return first == 1 && got == 1 && order == line ? 0 : -EDOM;
}

static int closed;

static int numbers(cede_gen *self, void *)
{
    for (int i = 1;; i++) {
        int rc = cede_yield(self, &i);
        if (rc < 0) {
            closed++;
            return rc;
        }
    }
}

static int adds_up(int how)
{
    CEDE_CLOSING(g, cede_gen_of(int, numbers, nullptr));
    CEDE_SCOPE(scope, CEDE_NEVER);
    int x = 0;
    CEDE_TRY(cede_next(g, &x));
    if (how == 1)
        throw x;
    return x;
}

static int closings()
{
    try {
        adds_up(0);
        adds_up(1);
    } catch (int) {
    }
    CEDE_GROUP(group);
    int sum = 0;
    cede_each (int, x,
               cede_gen_ahead(&group, cede_gen_of(int, numbers, nullptr), 2)) {
        sum += x;
        if (x == 3)
            break;
    }
    CEDE_TRY(cede_join(&group));
    return closed == 3 && sum == 6 ? 0 : -EDOM;
}

static int adds_one(void *number)
{
    ++*static_cast<int *>(number);
    return 0;
}

static int jobs(void *)
{
    int number = 0;
    CEDE_TRY(cede_offload(adds_one, &number));
    CEDE_TRY(cede_offload_copy(adds_one, &number, sizeof number));
    cede_pool *pool = cede_threads(1);
    cede_future *job = cede_submit(pool, adds_one, &number, 0);
    CEDE_TRY(cede_await(job));
    cede_future_free(job);
    CEDE_TRY(cede_pool_close(pool));
    return number == 3 ? 0 : -EDOM;
}

static int callbacks(void *)
{
    int number = 0;
    cede_loop *loop = cede_loop_current();
    cede_handle handle = {};
    CEDE_TRY(cede_loop_call_soon(loop, adds_one, &number, nullptr));
    CEDE_TRY(cede_loop_call_later(loop, 1, adds_one, &number, nullptr));
    CEDE_TRY(cede_loop_call_at(loop, cede_now(), adds_one, &number, &handle));
    CEDE_TRY(cede_handle_cancel(&handle));
    CEDE_TRY(cede_loop_post(loop, adds_one, &number));
    cede_future *task = cede_loop_spawn_on(loop, adds_one, &number);
    CEDE_TRY(cede_await(task));
    cede_future_free(task);
    CEDE_TRY(cede_sleep(CEDE_MS));
    return number == 4 ? 0 : -EDOM;
}

static int amain(void *)
{
    CEDE_TRY(locks());
    CEDE_TRY(cases());
    return closings();
}

int main()
{
    CEDE_TRY(cede_run(amain, nullptr));
    CEDE_TRY(cede_run_threads(2, callbacks, nullptr));
    cede_loop *loop = cede_loop_new(nullptr);
    CEDE_TRY(cede_loop_run(loop, callbacks, nullptr));
    CEDE_TRY(cede_loop_run(loop, jobs, nullptr));
    return cede_loop_close(loop);
}
