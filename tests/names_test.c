/* SPDX-License-Identifier: MIT
 *
 * names_test.c - names looked up: what is answered, and what goes on meanwhile,
 * with a resolver of our own.
 */
#include "check.h"

#include "resolver.h"
#include "threads.h"

enum { AT_ONCE = 16 };

static const char *text_of(const cede_address *a)
{
    static _Thread_local char text[CEDE_ADDRESS_TEXT];
    cede_address_text(a, text, sizeof text);
    return text;
}

/* Of one address, if it has any. */
static int resolves(void *text)
{
    cede_address a;
    int rc = cede_resolve_name(text, &a, 1);
    CHECK(rc < 0 || strstr(text_of(&a), "://192.0.2.7:"));
    return rc;
}

/* What was forgotten is freed by who looks it up. */
static void check_all_freed(void)
{
    resolver_settle();
    CHECK_EQ(resolver.alive, 0);
}

/* ---- answers --------------------------------------------------------- */

TASK_TEST(all_addresses_are_answered_in_the_resolvers_order_and_each_once)
{
    cede_address a[4];
    CHECK_EQ(cede_resolve_name("tcp://two:80", a, 4), 2);
    CHECK_STR_EQ(text_of(&a[0]), "tcp://[::1]:80");
    CHECK_STR_EQ(text_of(&a[1]), "tcp://127.0.0.1:80");
    CHECK_EQ(cede_resolve_name("udp://two:53", a, 4), 2);
    CHECK_STR_EQ(text_of(&a[1]), "udp://127.0.0.1:53");
    CHECK_EQ(resolver.alive, 0);
}

TASK_TEST(as_many_are_written_as_there_is_room_for)
{
    cede_address a[2] = {0};
    CHECK_EQ(cede_resolve_name("tcp://two:80", a, 1), 2);
    CHECK_STR_EQ(text_of(&a[0]), "tcp://[::1]:80");
    CHECK_STR_EQ(text_of(&a[1]), "");
    CHECK_EQ(cede_resolve_name("tcp://two:80", NULL, 0), 2);
    CHECK_EQ(cede_resolve_name("tcp://127.0.0.1:80", NULL, 0), 1);
}

static int resolves_what_is_no_name(void *unused)
{
    (void)unused;
    cede_address a[2];
    CHECK_EQ(cede_resolve_name("tcp://[::1]:80", a, 2), 1);
    CHECK_STR_EQ(text_of(&a[0]), "tcp://[::1]:80");
    CHECK_EQ(cede_resolve_name("tcp://:80", a, 2), 1);
    CHECK_STR_EQ(text_of(&a[0]), "tcp://*:80");
    CHECK_EQ(cede_resolve_name("unix:@name", a, 2), 1);
    CHECK_STR_EQ(text_of(&a[0]), "unix:@name");
    CHECK_EQ(resolver.asked, 0);
    return 0;
}

TASK_TEST(what_is_no_name_is_not_looked_up)
{
    resolves_what_is_no_name(NULL);
}

TASK_TEST(it_is_looked_up_on_another_thread)
{
    CHECK_EQ(resolves("tcp://other:80"), 1);
    CHECK_EQ(resolver.asked, 1);
    CHECK(!pthread_equal(resolver.thread, pthread_self()));
}

TASK_TEST(mistakes_in_the_text_are_not_looked_up)
{
    CHECK_ERR(resolves("tcp://other"), -EINVAL);
    CHECK_STR_EQ(
        cede_message(),
        "address 'tcp://other': the port is missing, as in tcp://other:80");
    CHECK_ERR(resolves("tcp://127.1:80"), -EINVAL);
    CHECK_ERR(resolves(NULL), -EINVAL);
    CHECK_EQ(resolver.asked, 0);
}

/* ---- failures -------------------------------------------------------- */

static void fails(const char *text, int err, const char *message)
{
    cede_address a = {.type_ = 99};
    CHECK_ERR(cede_resolve_name(text, &a, 1), err);
    CHECK_STR_EQ(cede_message_of(err), message);
    CHECK_EQ(a.type_, 99);
}

TASK_TEST(why_a_name_is_not_found_is_told_with_the_name)
{
    char want[128];
    snprintf(want, sizeof want, "'noname': %s", gai_strerror(EAI_NONAME));
    fails("tcp://noname:80", CEDE_EDNS, want);
    snprintf(want, sizeof want, "'again': %s", gai_strerror(EAI_AGAIN));
    fails("tcp://again:80", CEDE_EDNS, want);
    fails("tcp://none:80", CEDE_EDNS, "'none': it has no IP address");
    snprintf(want, sizeof want, "'files': %s", cede_strerror(-EMFILE));
    fails("tcp://files:80", -EMFILE, want);
    fails("tcp://memory:80", -ENOMEM, "");
    CHECK_EQ(resolver.asked, 5);
}

TASK_TEST(errno_is_left_alone)
{
    errno = 33;
    CHECK_ERR(resolves("tcp://files:80"), -EMFILE);
    CHECK_EQ(resolves("tcp://other:80"), 1);
    CHECK_EQ(errno, 33);
}

/* ---- who may call ---------------------------------------------------- */

static int yields_what_is_found(cede_gen *self, void *text)
{
    return cede_yield(self, &(int){resolves(text)});
}

TEST(a_plain_thread_blocks)
{
    errno = 33;
    CHECK_EQ(resolves("tcp://other:80"), 1);
    CHECK_ERR(resolves("tcp://noname:80"), CEDE_EDNS);
    CHECK_EQ(errno, 33);
    resolver.asked = 0;
    resolves_what_is_no_name(NULL);
}

TEST(no_stack_of_a_generator_is_used_up)
{
    const cede_gen_options o = {.stack_size = 32 * 1024};
    int found = 0;
    if (SANITIZED)
        return; /* whose frames are larger */
    cede_gen *g = cede_gen_new_with(&o, yields_what_is_found, "tcp://deep:80",
                                    sizeof(int), 0);
    CHECK_EQ(cede_next(g, &found), 1);
    CHECK_EQ(found, 1);
    CHECK_OK(cede_gen_close(g));
}

static void resolves_in_callback(cede_future *f, void *rc)
{
    (void)f;
    resolves_what_is_no_name(NULL);
    *(int *)rc = resolves("tcp://other:80");
    CHECK(strstr(cede_message(), "cede_resolve_name of a name"));
}

TASK_TEST(outside_of_a_task_on_a_loops_thread_names_are_refused)
{
    cede_future *f = cede_promise();
    int rc = 1;
    CHECK_OK(cede_on_done(f, resolves_in_callback, &rc));
    CHECK_OK(cede_resolve(f, 0));
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_sleep(0));
    CHECK_ERR(rc, -EPERM);
    CHECK_EQ(resolver.asked, 0);
    cede_future_free(f);
}

/* ---- cancelling ------------------------------------------------------ */

TASK_TEST(in_a_cancelled_scope_nothing_is_looked_up)
{
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_ERR(resolves("tcp://other:80"), -ECANCELED);
    CHECK_ERR(resolves("tcp://192.0.2.7:80"), -ECANCELED);
    CHECK_EQ(cede_leave(&s, 0), 0);
    CHECK_EQ(resolver.asked, 0);
}

/* n tasks that hang in the resolver. */
static void hang(cede_group *g, int n)
{
    for (int i = 0; i < n; i++)
        CHECK_OK(cede_go(g, resolves, "tcp://hang:80"));
    CHECK_OK(cede_sleep(0));
    for (int i = 0; i < n; i++)
        sem_wait(&resolver.there);
}

static void let_go(int n)
{
    for (int i = 0; i < n; i++)
        sem_post(&resolver.go);
}

TASK_TEST(who_is_cancelled_leaves_at_once_and_what_is_found_is_forgotten)
{
    listen_to_hook();
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, resolves, "tcp://hang:80");
    CHECK_OK(cede_sleep(0));
    sem_wait(&resolver.there);
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(resolver.at_once, 1);
    let_go(1);
    check_all_freed();
    CHECK_EQ(resolves("tcp://other:80"), 1);
    CHECK_EQ(hooked.count, 0);
}

TASK_TEST(how_long_it_may_take_is_for_scopes_to_say)
{
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_MS));
    CHECK_ERR(cede_leave(&s, resolves("tcp://hang:80")), -ETIMEDOUT);
    let_go(1);
    check_all_freed();
}

TASK_TEST(found_and_cancelled_in_one_turn_it_is_found)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, resolves, "tcp://hang:80");
    CHECK_OK(cede_sleep(0));
    sem_wait(&resolver.there);
    let_go(1);
    resolver_settle();
    CHECK_OK(cede_cancel(f));
    CHECK_EQ(cede_await(f), 1);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(resolver.alive, 0);
}

TASK_TEST(one_that_has_not_begun_never_does)
{
    CEDE_GROUP(g);
    hang(&g, AT_ONCE);
    cede_future *f = cede_spawn(&g, resolves, "tcp://other:80");
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    let_go(AT_ONCE);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(resolver.asked, AT_ONCE);
    CHECK_EQ(resolver.alive, 0);
}

/* ---- several --------------------------------------------------------- */

TASK_TEST(others_are_looked_up_while_one_hangs)
{
    CEDE_GROUP(g);
    hang(&g, AT_ONCE - 1);
    CHECK_EQ(resolves("tcp://other:80"), 1);
    CHECK_EQ(resolves("tcp://other:80"), 1);
    let_go(AT_ONCE - 1);
    CHECK_OK(cede_join(&g));
}

static int order[3];

static int resolves_in_turn(void *n)
{
    static atomic_int turn;
    int rc = resolves("tcp://hang:80");
    order[*(int *)n] = ++turn;
    return rc;
}

TASK_TEST(more_than_16_wait_in_the_order_of_calling)
{
    static int n[3] = {0, 1, 2};
    CEDE_GROUP(g);
    hang(&g, AT_ONCE);
    for (int i = 0; i < 3; i++)
        CHECK_OK(cede_go(&g, resolves_in_turn, &n[i]));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(resolver.asked, AT_ONCE);
    for (int i = 0; i < 3; i++) {
        let_go(1);
        sem_wait(&resolver.there);
        CHECK_EQ(resolver.asked, AT_ONCE + i + 1);
    }
    let_go(AT_ONCE);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(resolver.most_at_once, AT_ONCE);
}

TASK_TEST(a_thousand_at_once_are_all_answered)
{
    CEDE_GROUP(g);
    for (int i = 0; i < many(1000); i++)
        CHECK_OK(cede_go(&g, resolves, "tcp://other:80"));
    CHECK_OK(cede_join(&g));
    CHECK_EQ(resolver.asked, many(1000));
    CHECK(resolver.most_at_once <= AT_ONCE);
    CHECK_EQ(resolver.alive, 0);
}

static int adds_one(void *n)
{
    return ++*(int *)n;
}

TASK_TEST(names_that_hang_hold_up_nothing_but_names)
{
    int n = 4;
    CEDE_GROUP(g);
    hang(&g, AT_ONCE);
    CHECK_EQ(cede_offload(adds_one, &n), 5);
    let_go(AT_ONCE);
    CHECK_OK(cede_join(&g));
}

static int resolves_many(void *unused)
{
    (void)unused;
    CEDE_GROUP(g);
    for (int i = 0; i < 20; i++)
        CEDE_TRY(cede_go(&g, resolves, "tcp://other:80"));
    return cede_join(&g);
}

static void *runs_a_loop(void *unused)
{
    return (void *)(intptr_t)cede_run(resolves_many, unused);
}

TEST(loops_in_several_threads_share_the_limit)
{
    pthread_t t[4];
    for (int i = 0; i < 4; i++)
        t[i] = in_thread(runs_a_loop, NULL);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(ends_with(t[i]), 0);
    CHECK(resolver.most_at_once <= AT_ONCE);
}

/* ---- the process ----------------------------------------------------- */

static int leaves_it_hanging(void *unused)
{
    (void)unused;
    cede_scope s;
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, resolves, "tcp://hang:80");
    CHECK_OK(cede_sleep(0));
    sem_wait(&resolver.there);
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    CEDE_TRY(cede_join(&g));
    cede_enter(&s, cede_in(CEDE_MS));
    for (int i = 0; i < 2 * AT_ONCE; i++) /* some do not even begin */
        CHECK_OK(cede_go(NULL, resolves, "tcp://hang:80"));
    return cede_leave(&s, 0);
}

static void exits(void *unused)
{
    printf("run %d", cede_run(leaves_it_hanging, unused));
    exit(0);
}

TEST(the_end_of_the_process_does_not_wait_for_look_ups)
{
    if (FOR_TSAN || ON_VALGRIND)
        return; /* which take threads that still run for lost */
    const struct output *o = OUTPUT_OF(exits, NULL);
    CHECK_STR_EQ(o->text, "run 0");
    CHECK_EQ(o->status, 0);
}

static void in_child(void *unused)
{
    printf("child %d", cede_run(resolves_many, unused));
}

TASK_TEST(a_child_of_a_fork_looks_up_while_the_parent_hangs)
{
    if (FOR_TSAN || emulated())
        return; /* which have no threads in children of threads */
    CEDE_GROUP(g);
    hang(&g, AT_ONCE);
    CHECK_STR_EQ(OUTPUT_OF(in_child, NULL)->text, "child 0");
    let_go(AT_ONCE);
    CHECK_OK(cede_join(&g));
}

SUITE("names")
