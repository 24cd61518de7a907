/* SPDX-License-Identifier: MIT
 *
 * select_random_test.c - random gets, puts, batches, selects, cancels and
 * closes over queues of all kinds, beside a model that is too simple to be
 * wrong: all who wait stand in one line, and after each step it is searched
 * from the beginning for whom the step has served.  A failure names its seed.
 */
#include "check.h"

enum { QUEUES = 4, STEPS = 60, MOST_CASES = 4, MOST_ITEMS = 6, STORE = 200 };

static unsigned seed;

static unsigned dice(unsigned sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % sides;
}

/* ---- the model --------------------------------------------------------- */

struct model {
    size_t capacity;
    int item[STORE];
    size_t n;
    bool closed;
};

/* What a task does, what came of it, and what should have. */
struct op {
    int n; /* cases; 0: a batch, which is put into case 0 */
    int kind[MOST_CASES], at[MOST_CASES], out[MOST_CASES];
    int item[MOST_ITEMS]; /* of a batch; of others item[0] is put */
    int n_items, moved;
    cede_future *future;
    bool pending;
    int index, rc, got; /* what should come of it */
    int is_index, is_rc, is_got;
};

static struct model m[QUEUES];
static cede_queue *q[QUEUES];
static struct op op[STEPS];
static int n_ops;

static void settle(struct op *o, int index, int rc, int got)
{
    o->pending = false;
    o->index = index;
    o->rc = rc;
    o->got = got;
}

/* The first in the line who wants that, and which of the cases is it. */
static struct op *waiting(int kind, int at, const struct op *but, int *index)
{
    for (struct op *o = op; o < op + n_ops; o++)
        for (int i = 0; o->pending && o != but && i < (o->n ? o->n : 1); i++)
            if (o->kind[i] == kind && o->at[i] == at) {
                *index = i;
                return o;
            }
    return NULL;
}

/* The next item of one who waits to put; a batch stays until it has none. */
static int take_from(struct op *o, int index)
{
    int item = o->item[o->moved++];
    if (o->n > 0)
        settle(o, index, 0, 0);
    else if (o->moved == o->n_items)
        settle(o, 0, o->moved, 0);
    return item;
}

static bool model_put(struct op *o, int at, int item, int *rc)
{
    int i;
    struct op *getter = waiting(CEDE_GET, at, o, &i);
    *rc = m[at].closed ? CEDE_ECLOSED : 0;
    if (m[at].closed)
        return true;
    if (getter)
        settle(getter, i, 1, item);
    else if (m[at].n < m[at].capacity)
        m[at].item[m[at].n++] = item;
    else
        return false;
    return true;
}

static bool model_get(struct op *o, int at, int *item, int *rc)
{
    int i;
    struct op *putter = waiting(CEDE_PUT, at, o, &i);
    *rc = 1;
    if (m[at].n > 0) {
        *item = m[at].item[0];
        memmove(m[at].item, m[at].item + 1, --m[at].n * sizeof(int));
        if (putter)
            m[at].item[m[at].n++] = take_from(putter, i);
    } else if (putter) {
        *item = take_from(putter, i);
    } else {
        *rc = 0;
        return m[at].closed;
    }
    return true;
}

static void model_batch(struct op *o)
{
    int rc = 0;
    while (o->moved < o->n_items &&
           model_put(o, o->at[0], o->item[o->moved], &rc) && rc == 0)
        o->moved++;
    if (rc < 0 || o->moved == o->n_items)
        settle(o, 0, rc < 0 ? rc : o->moved, 0);
}

static void model_op(struct op *o)
{
    o->pending = true;
    if (o->n == 0)
        model_batch(o);
    for (int i = 0; o->pending && i < o->n; i++) {
        int rc, item = -1;
        if (o->kind[i] == CEDE_PUT ? model_put(o, o->at[i], o->item[0], &rc)
                                   : model_get(o, o->at[i], &item, &rc))
            settle(o, i, rc, item);
    }
}

static void model_close(int at)
{
    int i;
    m[at].closed = true;
    struct op *o;
    while ((o = waiting(CEDE_PUT, at, NULL, &i)))
        settle(o, i, o->moved && o->n == 0 ? o->moved : CEDE_ECLOSED, 0);
    while ((o = waiting(CEDE_GET, at, NULL, &i)))
        settle(o, i, 0, -1);
}

/* ---- the same, in earnest ---------------------------------------------- */

static void selects(struct op *o)
{
    cede_case c[MOST_CASES];
    for (int i = 0; i < o->n; i++) {
        o->out[i] = -1;
        c[i] = o->kind[i] == CEDE_PUT
                   ? (cede_case)CEDE_CASE_PUT(q[o->at[i]], &o->item[0])
                   : (cede_case)CEDE_CASE_GET(q[o->at[i]], &o->out[i]);
    }
    o->is_index = cede_select(c, (size_t)o->n);
    if (o->is_index < 0) {
        o->is_rc = o->is_index;
        o->is_index = 0;
    } else {
        o->is_rc = c[o->is_index].rc;
        o->is_got = o->out[o->is_index];
    }
}

static int does(void *arg)
{
    struct op *o = arg;
    cede_queue *first = q[o->at[0]];
    o->is_got = -1;
    if (o->n == 0)
        o->is_rc = cede_put_many(first, o->item, (size_t)o->n_items);
    else if (o->n > 1 || dice(2))
        selects(o);
    else if (o->kind[0] == CEDE_PUT)
        o->is_rc = cede_put(first, &o->item[0]);
    else
        o->is_rc = cede_get(first, &o->is_got);
    if (o->is_rc != 1 || o->n == 0 || o->kind[o->is_index] == CEDE_PUT)
        o->is_got = 0;
    return 0;
}

static void make_op(struct op *o)
{
    memset(o, 0, sizeof *o);
    o->n = dice(4) ? 1 + (int)dice(MOST_CASES) : 0;
    o->n_items = 1 + (int)dice(MOST_ITEMS);
    for (int i = 0; i < MOST_CASES; i++) {
        o->kind[i] = o->n == 0 || dice(2) ? CEDE_PUT : CEDE_GET;
        o->at[i] = (int)dice(QUEUES);
    }
    for (int i = 0; i < MOST_ITEMS; i++)
        o->item[i] = 10 * n_ops + i;
}

static void compare(const struct op *o, unsigned round)
{
    int got =
        o->rc == 1 && o->n > 0 && o->kind[o->index] == CEDE_GET ? o->got : 0;
    if (cede_done(o->future) == o->pending ||
        (!o->pending &&
         (o->is_index != o->index || o->is_rc != o->rc || o->is_got != got)))
        check_fail_(__FILE__, __LINE__,
                    "seed %u, step %d: %d: case %d answers %d, %d; not %d: "
                    "case %d, %d, %d",
                    round, (int)(o - op), cede_done(o->future), o->is_index,
                    o->is_rc, o->is_got, !o->pending, o->index, o->rc, got);
}

static void step(cede_group *g)
{
    unsigned what = dice(12);
    struct op *o = &op[n_ops > 0 ? dice((unsigned)n_ops) : 0];
    if (what == 0 && n_ops > 0) {
        (void)cede_cancel(o->future); /* which may be done */
        if (o->pending)
            settle(o, 0, o->n == 0 && o->moved ? o->moved : -ECANCELED, 0);
    } else if (what == 1 && dice(8) == 0) {
        int at = (int)dice(QUEUES);
        cede_queue_close(q[at]);
        model_close(at);
    } else {
        o = &op[n_ops];
        make_op(o);
        n_ops++;
        CHECK((o->future = cede_spawn(g, does, o)) != NULL);
        model_op(o);
    }
}

static int game(void *arg)
{
    CEDE_GROUP(g);
    n_ops = 0;
    for (int i = 0; i < QUEUES; i++) {
        m[i] = (struct model){.capacity = dice(4)};
        q[i] = dice(2) ? cede_queue_new(sizeof(int), m[i].capacity)
                       : cede_queue_new_shared(sizeof(int), m[i].capacity);
    }
    for (int i = 0; i < STEPS; i++) {
        step(&g);
        CHECK_OK(cede_sleep(0));
        CHECK_OK(cede_sleep(0));
        for (int k = 0; k < n_ops; k++)
            compare(&op[k], *(unsigned *)arg);
        for (int k = 0; k < QUEUES; k++)
            CHECK_EQ(cede_queue_count(q[k]), m[k].n);
    }
    for (int i = 0; i < QUEUES; i++)
        cede_queue_close(q[i]);
    CHECK_OK(cede_join(&g));
    for (int i = 0; i < QUEUES; i++)
        cede_queue_free(q[i]);
    return 0;
}

TEST(every_game_over_queues_of_all_kinds_goes_as_with_a_simple_model)
{
    cede_options o = {.poller = "virtual"};
    for (unsigned round = 0; round < (unsigned)rounds(1000); round++) {
        seed = round;
        CHECK_OK(cede_run_with(&o, game, &round));
    }
}

SUITE("select_random")
