/* SPDX-License-Identifier: MIT
 *
 * clean.c - everything the library has, used as it should be: no tool has
 * anything to say.  Prints one word, so that not running is noticed.
 */
#include <cede.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- generators and iterators ------------------------------------------- */

/* Owns memory across its yields, and nests. */
static int counts_down(cede_gen *self, void *arg)
{
    int *n = malloc(sizeof *n);
    if (!n)
        return -ENOMEM;
    *n = *(int *)arg;
    CEDE_TRY(cede_gen_defer(self, free, n));
    CEDE_TRY(cede_yield(self, n));
    --*n;
    if (*n == 0)
        return 0;
    cede_each (int, below, cede_gen_of(int, counts_down, n))
        CEDE_TRY(cede_yield(self, &below));
    return cede_each_error();
}

static int averages(cede_gen *self, void *arg)
{
    double sum = 0, n = 0, average = 0, x;
    for (int rc = 0; rc >= 0; n++) {
        rc = cede_exchange(self, &average, &x);
        CEDE_TRY(rc);
        sum += x;
        average = sum / (n + 1);
    }
    return arg != NULL;
}

static int fails(cede_gen *self, void *arg)
{
    CEDE_TRY(cede_yield(self, arg));
    return cede_fail(-EIO, "no %s", "luck");
}

static int steps(void)
{
    double average = 0;
    cede_gen *g =
        cede_gen_primed(averages, NULL, sizeof(double), sizeof(double));
    for (double x = 1; x < 4; x++)
        CEDE_TRY(cede_send(g, &x, &average));
    (void)cede_throw(g, -EINVAL, NULL);
    (void)cede_gen_close(g);
    g = cede_gen_new(fails, NULL, 0, 0);
    while (cede_next(g, NULL) > 0)
        continue;
    return cede_gen_close(g) == -EIO && average > 1.9 ? 0 : -EPROTO;
}

static int iterates(void)
{
    int depth = 5, seen = 0;
    cede_each (int, n, cede_gen_of(int, counts_down, &depth)) {
        seen += n;
        if (n == 2)
            break; /* closes all of them */
    }
    cede_iter *numbers = cede_iter_take(
        cede_iter_enumerate(cede_iter_new(cede_range(0, 100, 3)), 1), 10);
    while (cede_iter_next(numbers, NULL) > 0)
        seen++;
    CEDE_TRY(cede_iter_close(numbers));
    cede_each (char, c, cede_string("abc"))
        seen += c == 'b';
    return seen == 5 + 4 + 3 + 2 + 10 + 1 ? 0 : -EPROTO;
}

/* ---- tasks, scopes, queues ---------------------------------------------- */

static int produces(void *arg)
{
    cede_queue *q = arg;
    int depth = 4;
    cede_each (int, n, cede_gen_of(int, counts_down, &depth)) {
        CEDE_TRY(cede_sleep(CEDE_MS));
        CEDE_TRY(cede_put(q, &n));
    }
    cede_queue_close(q);
    return cede_each_error();
}

static int consumes(void *arg)
{
    int n, rc, sum = 0;
    while ((rc = cede_get(arg, &n)) > 0)
        sum += n;
    return rc < 0 ? rc : sum;
}

static int waits(void *arg)
{
    (void)arg;
    return cede_sleep(CEDE_NEVER);
}

static int answers(void *arg)
{
    CEDE_TRY(cede_sleep(CEDE_MS));
    return *(int *)arg;
}

static int queues(void)
{
    cede_queue *q = cede_queue_new(sizeof(int), 1);
    CEDE_GROUP(g);
    (void)cede_go(&g, produces, q);
    cede_future *sum = cede_spawn(&g, consumes, q);
    cede_future *never = cede_spawn(&g, waits, NULL);
    int rc = cede_await(sum);
    (void)cede_cancel(never);
    CEDE_TRY(cede_join(&g));
    cede_queue_free(q);
    return rc == 4 + 3 + 2 + 1 ? 0 : -EPROTO;
}

static int scopes(void)
{
    cede_scope limit;
    cede_enter(&limit, cede_in(2 * CEDE_MS));
    int rc = cede_leave(&limit, cede_sleep(CEDE_SEC));
    if (rc != -ETIMEDOUT || cede_within(CEDE_MS, waits, NULL) != -ETIMEDOUT)
        return -EPROTO;
    int one = 1, two = 2, results[2];
    const cede_call calls[] = {{answers, &one}, {answers, &two}};
    CEDE_TRY(cede_gather(calls, 2, results));
    return results[0] + results[1] == 3 ? 0 : -EPROTO;
}

static int many_at_once(void)
{
    int one = 1;
    CEDE_GROUP(g);
    for (int i = 0; i < 100; i++)
        CEDE_TRY(cede_go(&g, answers, &one));
    return cede_join(&g);
}

static int amain(void *arg)
{
    (void)arg;
    CEDE_TRY(steps());
    CEDE_TRY(iterates());
    CEDE_TRY(queues());
    CEDE_TRY(scopes());
    CEDE_TRY(many_at_once());
    return cede_go(NULL, waits, NULL); /* cancelled when main is over */
}

static void *run(void *rc)
{
    *(int *)rc = cede_run(amain, NULL);
    return NULL;
}

/* Alive and suspended to the end of the process, and known: no leak. */
static cede_gen *known;

int main(void)
{
    pthread_t other;
    int mine, theirs = -1, depth = 3;
    known = cede_gen_of(int, counts_down, &depth);
    if (cede_next(known, NULL) != 1 || cede_next(known, NULL) != 1)
        return 1;
    if (pthread_create(&other, NULL, run, &theirs) != 0)
        return 1;
    run(&mine);
    pthread_join(other, NULL);
    if (mine == 0 && theirs == 0)
        return puts("clean") < 0;
    fprintf(stderr, "clean: %s, %s\n", cede_strerror(mine),
            cede_strerror(theirs));
    return 1;
}
