/* SPDX-License-Identifier: MIT
 *
 * gen_random_test.c - random calls on a handful of generators, made from
 * outside and from within their bodies, beside a model of their states.
 *
 * Before a call the model notes what the pending yield is to answer, before a
 * yield or return what the call is to answer; both sides compare.  A failure
 * names its seed.
 */
#include "check.h"

enum { SEEDS = 3000, GENERATORS = 5, STEPS = 60, DEEPEST = 4 };

struct model {
    cede_gen *gen;
    enum cede_gen_state state;
    int answer, sent;        /* of the pending yield, when it goes on */
    bool yielded;            /* how the body gave the processor back: */
    int value;               /* the item, or the result */
    int registered, cleaned; /* deferred calls */
};

static unsigned seed, state;
static struct model models[GENERATORS];
static int depth, steps;

static void acts(void);

#define EXPECT(is, want)                                                       \
    do {                                                                       \
        int is_ = (int)(is), want_ = (int)(want);                              \
        if (is_ != want_)                                                      \
            check_fail_(__FILE__, __LINE__, "seed %u: %s is %d, not %d", seed, \
                        #is, is_, want_);                                      \
    } while (0)

static int dice(int sides)
{
    state = state * 1664525u + 1013904223u;
    return (int)((state >> 16) % (unsigned)sides);
}

/* ---- the body -------------------------------------------------------- */

static void cleans(void *arg)
{
    ((struct model *)arg)->cleaned++;
}

/* What the body returns, now that it was told rc. */
static int ends(struct model *m, int rc)
{
    m->yielded = false;
    m->value = rc < 0 && dice(3) ? rc : dice(3) - 1; /* -1 is -EPERM */
    return m->value;
}

static int body(cede_gen *self, void *arg)
{
    struct model *m = arg;
    for (;;) {
        EXPECT(cede_gen_state(self), CEDE_RUNNING);
        if (dice(3) == 0 && cede_gen_defer(self, cleans, m) == 0)
            m->registered++;
        if (dice(2))
            acts();
        if (dice(8) == 0)
            return ends(m, 0);
        int item = dice(1000), in = -7;
        m->yielded = true;
        m->value = item;
        int rc = cede_exchange(self, &item, &in);
        EXPECT(rc, m->answer);
        EXPECT(in, rc == 1 ? m->sent : -7);
        if (rc < 0 && dice(4))
            return ends(m, rc);
    }
}

/* ---- calls ----------------------------------------------------------- */

/* What a call answers that let the body run, and what state that leaves. */
static int outcome(struct model *m, bool stopping, int out)
{
    if (m->yielded && !stopping) {
        m->state = CEDE_SUSPENDED;
        EXPECT(out, m->value);
        return 1;
    }
    m->state = CEDE_CLOSED;
    EXPECT(m->cleaned, m->registered);
    if (m->yielded)
        return CEDE_EPROTO;
    if (m->value == CEDE_EXIT)
        return stopping ? 0 : CEDE_EPROTO;
    return stopping || m->value < 0 ? m->value : 0;
}

static void runs(struct model *m, int answer, int sent)
{
    m->state = CEDE_RUNNING;
    m->answer = answer;
    m->sent = sent;
}

static void steps_it(struct model *m, bool sends)
{
    int in = dice(1000), out = -7, want = 0;
    enum cede_gen_state was = m->state;
    bool enters = was == CEDE_SUSPENDED || (was == CEDE_CREATED && !sends);
    if (enters)
        runs(m, sends, in);
    int rc = sends ? cede_send(m->gen, &in, &out) : cede_next(m->gen, &out);
    if (enters)
        want = outcome(m, false, out);
    else if (was == CEDE_CREATED)
        want = -EINVAL;
    else if (was == CEDE_RUNNING)
        want = -EBUSY;
    EXPECT(rc, want);
}

static void throws(struct model *m)
{
    int err = dice(2) ? -EIO : -EPIPE, out = -7, want = err;
    enum cede_gen_state was = m->state;
    if (was == CEDE_SUSPENDED)
        runs(m, err, 0);
    int rc = cede_throw(m->gen, err, &out);
    if (was == CEDE_SUSPENDED)
        want = outcome(m, false, out);
    else if (was == CEDE_RUNNING)
        want = -EBUSY;
    else
        m->state = CEDE_CLOSED;
    EXPECT(rc, want);
}

static void stops(struct model *m)
{
    int want = 0;
    enum cede_gen_state was = m->state;
    if (was == CEDE_SUSPENDED)
        runs(m, CEDE_EXIT, 0);
    int rc = cede_gen_stop(m->gen);
    if (was == CEDE_SUSPENDED)
        want = outcome(m, true, 0);
    else if (was == CEDE_RUNNING)
        want = -EBUSY;
    else
        m->state = CEDE_CLOSED;
    EXPECT(rc, want);
}

static void make(struct model *m)
{
    *m = (struct model){.state = CEDE_CREATED};
    m->gen = cede_gen_new(body, m, sizeof(int), sizeof(int));
}

static void makes_anew(struct model *m)
{
    if (m->state != CEDE_CLOSED && m->state != CEDE_CREATED)
        return;
    (void)cede_gen_close(m->gen);
    make(m);
}

static void acts(void)
{
    struct model *m = &models[dice(GENERATORS)];
    if (depth == DEEPEST || --steps < 0)
        return;
    depth++;
    EXPECT(cede_gen_state(m->gen), m->state);
    switch (dice(8)) {
    case 0:
        throws(m);
        break;
    case 1:
        stops(m);
        break;
    case 2:
        makes_anew(m);
        break;
    case 3:
    case 4:
        steps_it(m, true);
        break;
    default:
        steps_it(m, false);
    }
    EXPECT(cede_gen_state(m->gen), m->state);
    depth--;
}

TEST(no_sequence_of_calls_departs_from_the_model)
{
    for (seed = 0; seed < (unsigned)rounds(SEEDS); seed++) {
        state = seed;
        steps = STEPS;
        for (int i = 0; i < GENERATORS; i++)
            make(&models[i]);
        while (steps > 0)
            acts();
        for (int i = 0; i < GENERATORS; i++) {
            stops(&models[i]);
            (void)cede_gen_close(models[i].gen);
        }
    }
}

SUITE("gen_random")
