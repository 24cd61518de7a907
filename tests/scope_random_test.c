/* SPDX-License-Identifier: MIT
 *
 * scope_random_test.c - random trees of tasks, groups and scopes, with
 * deadlines, shields, cancels and failures, beside a model of them.
 *
 * The model is the definition, computed afresh at every step: a scope is
 * effective if it was cancelled, if its deadline has passed, or if the scope
 * around it is effective and no shield is between.  Time is virtual, so every
 * answer of the library can be foretold.  A failure names its seed.
 */
#include "check.h"

enum { SEEDS = 400, MOST_TASKS = 200, MOST_OPEN = 1000 };

/* A scope, a group, or a task's outermost scope. */
struct node {
    struct node *parent;
    cede_scope scope; /* of scopes only */
    cede_time deadline;
    bool cancelled, expired, shielded;
    int failure, live; /* of groups only */
};

struct child {
    struct node *group;
    int depth;
};

static unsigned seed, state;
static int tasks;
static struct node *open_scopes[MOST_OPEN];
static int nopen;

static void lives(struct node *at, int depth);

#define EXPECT(is, want)                                                       \
    do {                                                                       \
        long is_ = (long)(is), want_ = (long)(want);                           \
        if (is_ != want_)                                                      \
            check_fail_(__FILE__, __LINE__, "seed %u: %s is %ld, not %ld",     \
                        seed, #is, is_, want_);                                \
    } while (0)

static int dice(int sides)
{
    state = state * 1664525u + 1013904223u;
    return (int)((state >> 16) % (unsigned)sides);
}

/* ---- the model ------------------------------------------------------- */

static void look_at_the_clock(struct node *n)
{
    if (!n->cancelled && n->deadline <= cede_now())
        n->expired = true;
}

static bool effective(struct node *n)
{
    for (; n; n = n->parent) {
        look_at_the_clock(n);
        if (n->cancelled || n->expired)
            return true;
        if (n->shielded)
            return false;
    }
    return false;
}

static void model_cancel(struct node *n)
{
    look_at_the_clock(n);
    n->cancelled = !n->expired;
}

static int model_leave(struct node *n, int rc)
{
    look_at_the_clock(n);
    if (rc != -ECANCELED || (!n->shielded && effective(n->parent)))
        return rc;
    return n->expired ? -ETIMEDOUT : n->cancelled ? 0 : rc;
}

/* ---- what tasks do --------------------------------------------------- */

static void naps(struct node *at)
{
    cede_time delay = dice(4), start = cede_now();
    bool was = effective(at);
    int rc = cede_sleep(delay);
    if (was) {
        EXPECT(rc, -ECANCELED);
        EXPECT(cede_now(), start);
    } else if (rc == 0) {
        EXPECT(cede_now(), start + delay);
    } else {
        EXPECT(rc, -ECANCELED);
        EXPECT(effective(at), true);
    }
}

static cede_time random_deadline(void)
{
    return dice(3) ? cede_now() + dice(8) - 1 : CEDE_NEVER;
}

static void enters_a_scope(struct node *at, int depth)
{
    static const int results[] = {0, 5, -ECANCELED, -ECANCELED, -EIO};
    struct node n = {.parent = at, .deadline = random_deadline()};
    n.shielded = dice(4) == 0;
    if (n.shielded)
        cede_enter_shielded(&n.scope, n.deadline);
    else
        cede_enter(&n.scope, n.deadline);
    int place = nopen++;
    open_scopes[place] = &n;
    lives(&n, depth - 1);
    for (int i = 0; i < nopen; i++)
        if (open_scopes[i] == &n)
            open_scopes[i--] = open_scopes[--nopen];
    int rc = results[dice(5)], want = model_leave(&n, rc);
    EXPECT(cede_leave(&n.scope, rc), want);
    EXPECT(cede_scope_expired(&n.scope), n.expired);
}

static int child(void *arg)
{
    struct child *c = arg;
    struct node root = {.parent = c->group, .deadline = CEDE_NEVER};
    lives(&root, c->depth);
    int rc = dice(10) == 0 ? -EIO : dice(4) == 0 ? -ECANCELED : 0;
    if (rc < 0 && (rc != -ECANCELED || !effective(&root))) {
        if (c->group->failure == 0)
            c->group->failure = rc;
        model_cancel(c->group);
    }
    c->group->live--;
    return rc;
}

static void opens_a_group(struct node *at, int depth)
{
    struct node n = {.parent = at, .deadline = CEDE_NEVER};
    struct child children[3];
    cede_group g;
    cede_group_enter(&g);
    for (int i = dice(4) - 1; i >= 0 && tasks < MOST_TASKS; i--, tasks++) {
        children[i] = (struct child){&n, depth - 1};
        EXPECT(cede_go(&g, child, &children[i]), 0);
        n.live++;
    }
    lives(&n, depth - 1);
    if (dice(4) == 0) {
        cede_group_cancel(&g);
        model_cancel(&n);
    }
    int rc = cede_join(&g);
    EXPECT(n.live, 0);
    EXPECT(rc, n.failure ? n.failure : effective(at) ? -ECANCELED : 0);
}

static void cancels_some_scope(void)
{
    if (nopen == 0)
        return;
    struct node *n = open_scopes[dice(nopen)];
    cede_scope_cancel(&n->scope);
    model_cancel(n);
}

static void changes_its_scope(struct node *at)
{
    for (int i = 0; i < nopen; i++) {
        if (open_scopes[i] != at)
            continue;
        look_at_the_clock(at);
        if (dice(2)) {
            at->shielded = !at->shielded;
            cede_scope_shield(&at->scope, at->shielded);
        } else {
            cede_time deadline = random_deadline();
            cede_scope_deadline(&at->scope, deadline);
            if (!at->cancelled && !at->expired)
                at->deadline = deadline;
        }
        return;
    }
}

static void lives(struct node *at, int depth)
{
    for (int steps = dice(5); steps > 0; steps--) {
        EXPECT(cede_cancelled(), effective(at));
        int what = dice(6);
        if (what == 0 && depth > 0 && nopen < MOST_OPEN)
            enters_a_scope(at, depth);
        else if (what == 1 && depth > 0)
            opens_a_group(at, depth);
        else if (what == 2)
            cancels_some_scope();
        else if (what == 3)
            changes_its_scope(at);
        else
            naps(at);
        EXPECT(cede_cancelled(), effective(at));
    }
}

static int one_life(void *arg)
{
    struct node root = {.deadline = CEDE_NEVER};
    (void)arg;
    for (int i = 0; i < 5; i++)
        opens_a_group(&root, 6);
    return nopen;
}

TEST(no_schedule_departs_from_the_model)
{
    cede_options o = {.poller = "virtual"};
    int most = 0;
    for (seed = 0; seed < (unsigned)rounds(SEEDS); seed++) {
        state = seed;
        tasks = nopen = 0;
        EXPECT(cede_run_with(&o, one_life, NULL), 0);
        most = tasks > most ? tasks : most;
    }
    CHECK(most > 50); /* the schedules are worth the name */
}

SUITE("scope_random")
