/* SPDX-License-Identifier: MIT
 *
 * delegate_random_test.c - random trees of generators that delegate to each
 * other, each run twice: once with cede_yield_from, and once with bodies that
 * forward by hand what PEP 380 says, a loop over next, send, throw and stop of
 * an inner generator that they step themselves.
 *
 * What the bodies and the consumer do is drawn as it goes, from dice of their
 * own; as long as both runs see the same they draw the same.  Everything
 * anybody sees is traced: answers, items, messages, errno, states, who
 * delegates to whom.  The traces must be equal.  A failure names its seed and
 * the first difference.
 */
#include "check.h"

enum {
    SEEDS = SANITIZED ? 800 : 6000,
    NODES = 200,
    DEEPEST = 6,
    OPERATIONS = 12,
    BUDGET = 150
};
enum { NOTHING = -7 }; /* an item that was not handed out */

/* A generator of the tree. */
struct node {
    int id, depth;
    unsigned dice;
    const struct node *parent; /* who made it; NULL: the consumer */
    cede_gen *gen;
    const struct node *inner; /* by hand: whom it delegates to */
    char name[8];
};

/* By hand: what a delegation must close, should its body be dropped. */
struct held {
    cede_gen *gen;
    cede_iter *iter;
};

static struct {
    bool by_hand;
    int budget; /* of actions, so that every run ends */
    int nodes_n, held_n;
    struct node nodes[NODES];
    struct held held[4 * BUDGET];
    size_t size;
    char trace[64 * 1024];
} run;

/* What the runs have come across: a test in which nothing happens is none. */
static struct {
    int levels, items, stops, drops, thrown, failed;
} seen;

/* ---- dice and traces ------------------------------------------------- */

static int throw_dice(unsigned *dice, int sides)
{
    *dice = *dice * 1664525u + 1013904223u;
    return (int)((*dice >> 16) % (unsigned)sides);
}

__attribute__((format(printf, 1, 2))) static void trace(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n =
        vsnprintf(run.trace + run.size, sizeof run.trace - run.size, fmt, ap);
    va_end(ap);
    run.size += (size_t)n;
    CHECK(run.size < sizeof run.trace);
}

/* An answer, with its message.  The exit comes without, and who is busy may be
 * so in another way: it runs, or another one delegates to it. */
static void trace_answer(int rc)
{
    trace(" = %d", rc);
    if (rc < 0 && rc != CEDE_EXIT && rc != -EBUSY)
        trace(" \"%s\"", cede_message());
    trace(" errno %d\n", errno);
}

/* ---- PEP 380 by hand ------------------------------------------------- */

static void close_held(void *arg)
{
    struct held *h = arg;
    if (h->gen)
        (void)cede_gen_close(h->gen);
    if (h->iter)
        (void)cede_iter_close(h->iter);
}

/* A body that is dropped cannot close anything itself. */
static struct held *hold(cede_gen *self, cede_gen *gen, cede_iter *iter)
{
    struct held *h = &run.held[run.held_n++];
    *h = (struct held){gen, iter};
    CHECK_OK(cede_gen_defer(self, close_held, h));
    return h;
}

/* Stopped: let inner end first, and go on unless that failed. */
static int stop_inner(cede_gen *inner)
{
    int rc = cede_gen_stop(inner);
    return rc < 0 ? rc : CEDE_EXIT;
}

static int forward_items(cede_gen *self, cede_gen *inner)
{
    int item = NOTHING, in = 0, rc = cede_next(inner, &item);
    while (rc > 0) {
        int got = cede_exchange(self, item == NOTHING ? NULL : &item, &in);
        item = NOTHING;
        if (got == CEDE_EXIT)
            return stop_inner(inner);
        if (got < 0)
            rc = cede_throw(inner, got, &item);
        else
            rc = got > 0 ? cede_send(inner, &in, &item)
                         : cede_next(inner, &item);
    }
    return rc < 0 ? rc : cede_gen_result(inner);
}

static int yield_from_by_hand(cede_gen *self, cede_gen *inner)
{
    struct held *h = hold(self, inner, NULL);
    int rc = cede_gen_state(inner) == CEDE_CLOSED ? cede_gen_result(inner)
                                                  : forward_items(self, inner);
    h->gen = NULL;
    (void)cede_gen_close(inner);
    return rc;
}

static int yield_items(cede_gen *self, cede_iter *it)
{
    int item = 0, in, rc;
    while ((rc = cede_iter_next(it, &item)) > 0) {
        rc = cede_exchange(self, &item, &in);
        if (rc > 0)
            return cede_fail(-EINVAL,
                             "a value sent to generator '%s', which delegates "
                             "to an iterator that receives none",
                             cede_gen_name(self));
        if (rc < 0)
            return rc;
    }
    return rc;
}

static int yield_iter_by_hand(cede_gen *self, cede_iter *it)
{
    struct held *h = hold(self, NULL, it);
    int rc = yield_items(self, it);
    h->iter = NULL;
    int closed = cede_iter_close(it);
    return rc == 0 || (rc == CEDE_EXIT && closed < 0) ? closed : rc;
}

/* ---- the consumer ---------------------------------------------------- */

static const struct node *node_of(const cede_gen *g)
{
    int i = run.nodes_n - 1; /* an older one may have been where g is */
    while (run.nodes[i].gen != g)
        i--;
    return &run.nodes[i];
}

static void trace_chain(cede_gen *g)
{
    int levels = 0;
    const struct node *n = node_of(g);
    while (cede_gen_state(g) == CEDE_SUSPENDED) {
        const cede_gen *inner = cede_gen_delegate(n->gen);
        n = run.by_hand ? n->inner : inner ? node_of(inner) : NULL;
        if (!n)
            break;
        trace(" > %d", n->id);
        levels++;
    }
    if (levels > seen.levels)
        seen.levels = levels;
}

static int throw_one(cede_gen *g, unsigned *dice, int *out)
{
    int err = throw_dice(dice, 2) ? -EPIPE : cede_fail(-EIO, "thrown");
    seen.thrown++;
    return cede_throw(g, err, out);
}

static int operate(cede_gen *g, unsigned *dice, int *out)
{
    int in = throw_dice(dice, 1000), what = throw_dice(dice, 24);
    if (what < 12)
        return cede_next(g, throw_dice(dice, 6) ? out : NULL);
    if (what < 18)
        return cede_send(g, &in, out);
    if (what < 22)
        return throw_one(g, dice, out);
    return what == 22 ? cede_throw(g, CEDE_EXIT, out) : cede_gen_stop(g);
}

/* One random call of g, and what it showed. */
static void use(cede_gen *g, unsigned *dice)
{
    int out = NOTHING, id = node_of(g)->id;
    (void)cede_fail(-EDOM, "before"); /* seen when a call leaves none */
    int rc = operate(g, dice, &out);
    seen.items += rc == 1;
    trace("%d: state %d, item %d", id, (int)cede_gen_state(g), out);
    trace_chain(g);
    trace_answer(rc);
}

/* ---- the bodies ------------------------------------------------------ */

static int follows(cede_gen *self, void *arg);

static struct node *make_node(const struct node *parent, unsigned dice)
{
    struct node *n = &run.nodes[run.nodes_n];
    *n = (struct node){.id = run.nodes_n++,
                       .depth = parent ? parent->depth + 1 : 0,
                       .dice = dice,
                       .parent = parent};
    snprintf(n->name, sizeof n->name, "n%d", n->id);
    n->gen = cede_gen_new_with(&(cede_gen_options){.name = n->name}, follows, n,
                               sizeof(int), sizeof(int));
    CHECK(n->gen != NULL);
    return n;
}

static int delegate(cede_gen *self, struct node *n, const struct node *inner)
{
    if (!run.by_hand)
        return cede_yield_from(self, inner->gen);
    n->inner = inner;
    int rc = yield_from_by_hand(self, inner->gen);
    n->inner = NULL;
    return rc;
}

static int delegate_to_iterator(cede_gen *self, struct node *n,
                                struct node *inner)
{
    static const int numbers[] = {11, 12, 13};
    cede_iter *it =
        inner ? cede_iter_take(cede_iter_gen(inner->gen), 2)
              : cede_iter_new(cede_array(
                    numbers, (size_t)throw_dice(&n->dice, 4), sizeof(int)));
    return run.by_hand ? yield_iter_by_hand(self, it)
                       : cede_yield_iter(self, it);
}

/* Be its consumer for a while. */
static void use_some(struct node *n, const struct node *inner, int most)
{
    for (int i = throw_dice(&n->dice, most) + 1; i > 0; i--)
        use(inner->gen, &n->dice);
}

/* Those around a body run: whatever is asked of them is refused. */
static int use_those_around(struct node *n)
{
    for (const struct node *p = n; p; p = p->parent)
        use(p->gen, &n->dice);
    return 0;
}

static int act_with_another(cede_gen *self, struct node *n, int what)
{
    struct node *inner = make_node(n, (unsigned)throw_dice(&n->dice, 30000));
    if (what == 0) {
        use_some(n, inner, 4);
        return cede_gen_close(inner->gen);
    }
    if (what == 1)
        return delegate_to_iterator(self, n, inner);
    if (what == 2)
        use_some(n, inner, 3); /* it is started, or has ended */
    return delegate(self, n, inner);
}

static int act(cede_gen *self, struct node *n)
{
    int what = throw_dice(&n->dice, 12), x = throw_dice(&n->dice, 1000);
    if (what < 7 && n->depth < DEEPEST && run.nodes_n < NODES)
        return act_with_another(self, n, what);
    switch (what) {
    case 7:
        return delegate_to_iterator(self, n, NULL);
    case 8:
        return use_those_around(n);
    case 9:
        return cede_receive(self, &x) > 0 ? x : cede_yield(self, NULL);
    case 10:
        return cede_yield(self, &x);
    default: {
        int rc = cede_exchange(self, &x, &x);
        return rc < 0 ? rc : x;
    }
    }
}

/* How a body ends that was answered rc. */
static int ends(struct node *n, int rc)
{
    int what = throw_dice(&n->dice, 8);
    if (what == 0)
        return cede_fail(-EBADMSG, "%s fails", n->name);
    if (what == 1)
        return CEDE_EXIT; /* whether it was asked to or not */
    return rc < 0 && what < 7 ? rc : throw_dice(&n->dice, 50);
}

static void note_gone(void *arg)
{
    trace("%d is gone\n", ((struct node *)arg)->id);
}

static int follows(cede_gen *self, void *arg)
{
    struct node *n = arg;
    errno = 1000 + n->id;
    for (;;) {
        if (throw_dice(&n->dice, 4) == 0)
            CHECK_OK(cede_gen_defer(self, note_gone, n));
        if (--run.budget < 0 || throw_dice(&n->dice, 10) == 0)
            return ends(n, 0);
        int rc = act(self, n);
        trace("%d acted", n->id);
        trace_answer(rc);
        seen.stops += rc == CEDE_EXIT;
        seen.drops += rc == CEDE_EPROTO;
        seen.failed += rc == -EBADMSG;
        if (rc < 0 && throw_dice(&n->dice, 4) != 0)
            return ends(n, rc);
    }
}

/* ---- both runs ------------------------------------------------------- */

static void run_once(unsigned seed, bool by_hand)
{
    unsigned dice = seed;
    run.by_hand = by_hand;
    run.budget = BUDGET;
    run.nodes_n = run.held_n = 0;
    run.size = 0;
    struct node *root = make_node(NULL, seed * 7919u + 1);
    errno = 999;
    for (int i = 0; i < OPERATIONS; i++)
        use(root->gen, &dice);
    trace("closed");
    trace_answer(cede_gen_close(root->gen));
}

static char traced[sizeof run.trace];

static void check_traces(unsigned seed)
{
    size_t i = 0, line = 0;
    while (traced[i] && traced[i] == run.trace[i])
        if (traced[i++] == '\n')
            line = i;
    if (traced[i] != run.trace[i])
        check_fail_(__FILE__, __LINE__,
                    "seed %u: by hand \"%.*s\", delegated \"%.*s\"", seed,
                    (int)strcspn(traced + line, "\n"), traced + line,
                    (int)strcspn(run.trace + line, "\n"), run.trace + line);
}

TEST(delegation_is_what_pep_380_writes_out_by_hand)
{
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        run_once(seed, true);
        memcpy(traced, run.trace, run.size + 1);
        run_once(seed, false);
        check_traces(seed);
    }
    CHECK(seen.levels >= DEEPEST);
    CHECK(seen.items > SEEDS && seen.thrown > SEEDS);
    CHECK(seen.stops > SEEDS && seen.failed > SEEDS / 10);
    CHECK(seen.drops > SEEDS / 10);
}

SUITE("delegate_random")
